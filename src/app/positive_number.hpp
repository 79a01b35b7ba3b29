// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <string>

namespace eigensweep::app {

/// For options that take a number above 0. CLI11's own check names the largest double, with 309 digits.
inline CLI::Validator positive_number() {
  const auto complaint = [](const std::string& word) -> std::string {
    double value = 0;
    if (CLI::detail::lexical_cast(word, value) && value > 0 && std::isfinite(value)) return "";
    return fmt::format("'{}' is not a number above 0", word);
  };
  return {complaint, "POSITIVE"};
}

}  // namespace eigensweep::app
