// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace eigensweep::study {

/// A part of a study file that belongs to no kind: how sweeps are written, and what stands at the top level.
struct Topic {
  std::string name;
  std::string meaning;  ///< lines, each with its end
  std::string example;  ///< a whole study, which is valid
};

const std::vector<Topic>& topics();

}  // namespace eigensweep::study
