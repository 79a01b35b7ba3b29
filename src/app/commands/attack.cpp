// SPDX-License-Identifier: MIT
#include <filesystem>
#include <memory>
#include <string>

#include "../command.hpp"
#include "../run_command.hpp"
#include "eigensweep/catalog.hpp"
#include "eigensweep/sweep/run/run.hpp"

namespace eigensweep::app {

void add_attack(CLI::App& app, Action& action) {
  const auto options = std::make_shared<sweep::RunOptions>();
  const auto results = std::make_shared<std::string>();
  options->evaluates_only = true;
  CLI::App* command = app.add_subcommand("attack", "attack and measure kept networks again, without training");
  command->footer(
      "The file holds \"attacks\" or \"metrics\" as a study does. They are added to those of the study; where a label "
      "is there already, the new one takes its place. results.h5 then has all of them.\nExit codes: as those of run.");
  command->add_option("results", *results, "output folder of a run, or the results.h5 in it")->required();
  command->add_option("--study", options->study_file, "file with the attacks")->required();
  add_run_options(*command, options);
  command->callback([options, results, &action] {
    action = [options, results] {
      std::filesystem::path named = *results;
      if (!std::filesystem::is_directory(named) && named.filename() == "results.h5") named = named.parent_path();
      options->output = named.empty() ? "." : named;
      return sweep::run(*options, catalog(), publish);
    };
  });
}

}  // namespace eigensweep::app
