// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/study/study.hpp"

namespace eigensweep::study {

/// Names values of one axis, or strengths of attacks that share a dimension, that are equal to 12 significant digits
/// but not the same. One line per dimension.
std::vector<std::string> near_value_warnings(const Study& study);

}  // namespace eigensweep::study
