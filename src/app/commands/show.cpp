// SPDX-License-Identifier: MIT
#include <filesystem>
#include <iostream>
#include <memory>

#include "../command.hpp"
#include "eigensweep/core/terminal.hpp"
#include "eigensweep/results/show/summary.hpp"
#include "results_path.hpp"

namespace eigensweep::app {

void add_show(CLI::App& app, Action& action) {
  struct Options {
    std::filesystem::path results;
    bool json = false;
    bool wide = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("show", "print what a results file says, one line per combination of axes");
  command->add_option("results", options->results, "results.h5, or the folder that holds it")->required();
  command->add_flag("--json", options->json, "everything that can be shown, as JSON");
  command->add_flag("--wide", options->wide, "all columns, however narrow the terminal is");
  command->callback([options, &action] {
    action = [options] {
      const Json summary = results::summarize(results::ResultsFile(results_path(options->results)));
      const std::size_t columns = options->wide ? 0 : terminal::output_columns();
      std::cout << (options->json ? json_text(summary, 2) + '\n' : results::as_table(summary, columns));
      return ExitCode::ok;
    };
  });
}

}  // namespace eigensweep::app
