// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/study/expand/study.hpp"
#include "scratch.hpp"

namespace device_studies {

/// A study that runs on both devices.
struct Condition {
  std::string name;
  eigensweep::study::Study study;
  double tolerance = 0;  ///< of check_same(); where it is not 0, studies.cpp says why
};

/// Conditions that together take every kind of every table and every way that an option chooses. `scratch`: for the
/// files of datasets.
std::vector<Condition> conditions(const Scratch& scratch);

}  // namespace device_studies
