// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/core/terminal.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::app {

/// What is wrong with a command line, as the beginning of a message: "study is required". These are CLI11's words,
/// except for a command that is missing or unknown.
inline std::string words_of(const CLI::App& app, const CLI::ParseError& error) {
  if (app.get_require_subcommand_min() > 0 && app.get_subcommands().empty()) {
    const std::vector<std::string> given = app.remaining();
    if (given.empty()) return "the command is missing";
    if (given.front().starts_with('-')) return fmt::format("'{}' is no option before a command", given.front());
    std::vector<std::string> known;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
      known.push_back(command->get_name());
    }
    const std::string near = text::nearest(given.front(), known);
    return fmt::format("'{}' is no command{}", given.front(),
                       near.empty() ? near : fmt::format(" (did you mean '{}'?)", near));
  }
  std::string words = error.what();
  if (words.starts_with("The ")) words.front() = 't';  // "The following argument was not expected: x"
  return words;
}

/// Prints the help or version that was asked for, or one line that says what is wrong with the command line and which
/// --help to read. Returns the process's exit code: one for every wrong command line, where CLI11 has many.
inline int answer(const CLI::App& app, const CLI::ParseError& error, const std::string& program) {
  if (error.get_name() == "CallForHelp") {
    std::cout << terminal::wrapped(app.help(), terminal::output_columns());
    return static_cast<int>(ExitCode::ok);
  }
  if (error.get_exit_code() == 0) return app.exit(error);
  std::string command = program;
  for (const CLI::App* chosen : app.get_subcommands()) command += " " + chosen->get_name();
  log::complain(program, fmt::format("{}; run '{} --help'", words_of(app, error), command));
  return static_cast<int>(ExitCode::config);
}

}  // namespace eigensweep::app
