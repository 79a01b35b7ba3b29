// SPDX-License-Identifier: MIT
#include <iostream>

#include "../command.hpp"
#include "eigensweep/catalog.hpp"
#include "eigensweep/study/declare/describe.hpp"

namespace eigensweep::app {

void add_schema(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("schema", "print the JSON Schema of study files (jobs/study.schema.json)");
  command->callback([&action] {
    action = [] {
      std::cout << json_text(study::schema(catalog()), 2) << '\n';
      return ExitCode::ok;
    };
  });
}

}  // namespace eigensweep::app
