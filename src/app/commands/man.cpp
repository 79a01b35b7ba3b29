// SPDX-License-Identifier: MIT
#include <iostream>

#include "../command.hpp"
#include "../manual.hpp"
#include "eigensweep/core/version.hpp"

namespace eigensweep::app {

void add_man(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("man", "print the manual page eigensweep(1)");
  command->callback([&app, &action] {
    action = [&app] {
      std::cout << manual_page(app, "eigensweep " + std::string(build_info().version));
      return ExitCode::ok;
    };
  });
}

}  // namespace eigensweep::app
