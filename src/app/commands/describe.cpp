// SPDX-License-Identifier: MIT
#include <iostream>
#include <memory>

#include "../command.hpp"
#include "eigensweep/catalog.hpp"
#include "eigensweep/core/terminal.hpp"
#include "eigensweep/study/declare/describe.hpp"

namespace eigensweep::app {

void add_describe(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("describe", "show what a study file may hold");
  const auto name = std::make_shared<std::string>();
  command->add_option("name", *name, "a section or a kind, such as training or pgd; without it an overview");
  command->callback([&action, name] {
    action = [name] {
      std::cout << terminal::wrapped(study::describe(catalog(), *name), terminal::output_columns());
      return ExitCode::ok;
    };
  });
}

}  // namespace eigensweep::app
