// SPDX-License-Identifier: MIT
#include <iostream>
#include <memory>

#include "../command.hpp"
#include "../manual.hpp"
#include "eigensweep/catalog.hpp"
#include "eigensweep/study/declare/describe.hpp"

namespace eigensweep::app {

void add_completion(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("completion", "print a script that completes commands and options in a shell");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  command->callback([&app, &action, shell] {
    action = [&app, shell] {
      std::cout << completion(app, *shell, study::described_names(catalog()));
      return ExitCode::ok;
    };
  });
}

}  // namespace eigensweep::app
