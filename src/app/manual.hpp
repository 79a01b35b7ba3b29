// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace eigensweep::app {

/// A command line to copy, without "eigensweep", and what it does.
struct Example {
  std::string words;
  std::string meaning;
};
/// The examples of a command; every command has one or more.
const std::vector<Example>& examples_of(const std::string& command);

/// Puts each command's examples below what --help says of it.
void add_examples(CLI::App& app);

/// The page eigensweep(1) in roff, made from the declarations of the commands.
std::string manual_page(const CLI::App& app, const std::string& version);

/// A script that completes commands, options and, for `describe`, these names. Shells: "bash", "zsh".
std::string completion(const CLI::App& app, const std::string& shell, const std::vector<std::string>& names);

}  // namespace eigensweep::app
