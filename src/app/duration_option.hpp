// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "eigensweep/core/duration.hpp"

namespace eigensweep::app {

/// An option whose value is a time span above zero (core/duration.hpp), in seconds.
inline CLI::Option* add_duration(CLI::App& command, const std::string& name, std::optional<double>& seconds,
                                 const std::string& description) {
  return command
      .add_option_function<std::string>(
          name, [&seconds](const std::string& text) { seconds = text::parse_duration(text); }, description)
      ->type_name("TIME")
      ->check([](const std::string& text) {
        return text::parse_duration(text).value_or(0) > 0
                   ? std::string()
                   : "'" + text + "' is no time span; write e.g. 2:00:00, 90m or 3600 (seconds)";
      });
}

}  // namespace eigensweep::app
