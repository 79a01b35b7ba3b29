// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "eigensweep/wire/record.hpp"

namespace eigensweep::wire {

/// The result of an attack or a metric on one lane: its columns by name, as the kind declares them.
struct Measurement : std::map<std::string, Array> {
  using map::map;
  std::string remark;   ///< a note on valid numbers, or on numbers that are missing on purpose; one line, "" if none
  std::string failure;  ///< why some or all numbers are NaN or missing; one line, "" if none

  std::vector<std::string> unbounded;  ///< columns in which infinity is a result; in others it is a number that is lost

  void add_remark(const std::string& words) { remark += (remark.empty() ? "" : "; ") + words; }
  void add_failure(const std::string& reason) { failure += (failure.empty() ? "" : "; ") + reason; }
};

}  // namespace eigensweep::wire
