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

/// " (did you mean '--output'?)" of an option that is none: the nearest by its letters, or for "-o" what begins so.
inline std::string meant_option(const CLI::App& command, const std::string& given) {
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::string word = given.substr(0, given.find('='));
  std::string near = text::nearest(word, known);
  for (std::size_t i = 0; i < known.size() && near.empty() && word.size() == 2; ++i) {
    if (known[i].starts_with("-" + word)) near = known[i];
  }
  return near.empty() ? near : fmt::format(" (did you mean '{}'?)", near);
}

/// What a first word that is no command says: commands of the Python package, or the nearest of ours.
inline std::string words_of_command(const CLI::App& app, const std::string& given) {
  for (const char* other : {"report", "compare", "figures"}) {
    if (given == other) {
      return fmt::format("'{0}' is a command of the Python package; write python -m eigensweep_analysis {0}", given);
    }
  }
  if (given == "plot") return "'plot' is no command; write python -m eigensweep_analysis report";
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(command->get_name());
  }
  const std::string near = text::nearest(given, known);
  return fmt::format("'{}' is no command{}", given, near.empty() ? near : fmt::format(" (did you mean '{}'?)", near));
}

/// What is wrong with a command line, as the beginning of a message: "study is required". These are CLI11's words,
/// except for a command that is missing or unknown, and for words that are too many.
inline std::string words_of(const CLI::App& app, const CLI::ParseError& error) {
  if (app.get_require_subcommand_min() > 0 && app.get_subcommands().empty()) {
    const std::vector<std::string> given = app.remaining();
    if (given.empty()) return "the command is missing";
    if (given.front().starts_with('-')) return fmt::format("'{}' is no option before a command", given.front());
    return words_of_command(app, given.front());
  }
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    const std::vector<std::string> left = app.remaining(true);
    // A value of an option that is none comes after it: the option is what is wrong.
    for (const std::string& word : left) {
      const auto chosen = app.get_subcommands();
      const CLI::App& command = chosen.empty() ? app : *chosen.front();
      if (word.starts_with('-')) return fmt::format("'{}' is no option{}", word, meant_option(command, word));
    }
    if (!left.empty()) return fmt::format("'{}' is one word too many", left.front());
  }
  std::string words = error.what();
  if (words.starts_with("The ")) words.front() = 't';
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
