// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "../command.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/results/show/summary.hpp"
#include "eigensweep/sweep/folder/ownership.hpp"
#include "results_path.hpp"

namespace eigensweep::app {
namespace {

/// A slip of the command line must not cost the results.
void refuse_input_and_records(const std::filesystem::path& input, const std::filesystem::path& output) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(output, error)) return;
  if (std::filesystem::equivalent(input, output, error)) {
    throw ConfigError(fmt::format("--output: {} is the results file that is read; name another file", output.string()));
  }
  if (sweep::is_file_of_a_run(output)) {
    throw ConfigError(
        fmt::format("--output: {} is a file of a run's output folder; name another file", output.string()));
  }
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  struct Options {
    std::filesystem::path results;
    std::filesystem::path output;
    std::string rows = "attacks";
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("export", "write a results file as a table: a row per trial, attack and intensity");
  command->add_flag("--csv")->description("as comma-separated values: the only form, so it may be left out");
  command->add_option("results", options->results, "results.h5, or the folder that holds it")->required();
  command
      ->add_option("--long", options->rows,
                   "attacks: a row per trial, attack and intensity; layers: per trial and layer")
      ->check(CLI::IsMember({"attacks", "layers"}))
      ->capture_default_str();
  command->add_option("--output", options->output, "file to write (default: standard output)");
  command->callback([options, &action] {
    action = [options] {
      const std::filesystem::path input = results_path(options->results);
      refuse_input_and_records(input, options->output);
      const results::ResultsFile file(input);
      const std::string text = options->rows == "layers" ? results::layers_as_csv(file) : results::as_csv(file);
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
