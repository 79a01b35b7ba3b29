// SPDX-License-Identifier: MIT
#include <filesystem>
#include <iostream>
#include <memory>

#include "../command.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/results/summary.hpp"
#include "results_path.hpp"

namespace eigensweep::app {

void add_export(CLI::App& app, Action& action) {
  struct Options {
    std::filesystem::path results;
    std::filesystem::path output;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("export", "write a results file as a table: a row per trial, attack and strength");
  command->add_flag("--csv")->description("as comma-separated values (the only form so far)")->required();
  command->add_option("results", options->results, "results.h5, or the folder that holds it")->required();
  command->add_option("--output", options->output, "file to write (default: standard output)");
  command->callback([options, &action] {
    action = [options] {
      const std::string text = results::as_csv(results::ResultsFile(results_path(options->results)));
      if (options->output.empty()) {
        std::cout << text;
      } else {
        file::write_to(options->output, text);
      }
      return ExitCode::ok;
    };
  });
}

}  // namespace eigensweep::app
