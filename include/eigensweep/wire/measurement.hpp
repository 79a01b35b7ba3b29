// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "eigensweep/wire/record.hpp"

namespace eigensweep::wire {

/// What an attack or a metric finds of one lane: its columns by name, as the kind declares them.
struct Measurement : std::map<std::string, Array> {
  using map::map;
  std::string remark;   ///< a note on numbers that are there, or are missing by rule; one line, "" without one
  std::string failure;  ///< why some or all numbers are NaN or missing; one line, "" without a failure

  /// Adds a remark to the earlier ones.
  void add_remark(const std::string& words) { remark += (remark.empty() ? "" : "; ") + words; }
  /// Adds a reason to the earlier ones.
  void add_failure(const std::string& reason) { failure += (failure.empty() ? "" : "; ") + reason; }
};

}  // namespace eigensweep::wire
