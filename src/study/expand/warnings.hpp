// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/study/expand/study.hpp"

namespace eigensweep::study {

/// Names values of one axis, or intensities of attacks that share a dimension, that are equal to 12 significant digits
/// but not the same. One line per dimension.
std::vector<std::string> near_value_warnings(const Study& study);

/// Says where a study measures something but no accuracy, which it would without a section "metrics".
std::vector<std::string> default_metric_warnings(const Study& study, const Catalog& catalog);

/// Names parts of the data (training, validation, test; what an attack or a metric takes of them) that lack a class
/// which the data has. Reads labels if the dataset's kind can do so in a few bytes, and says so if it did not. A
/// missing dataset gets no warning. One line per part.
std::vector<std::string> missing_class_warnings(const Study& study, const Catalog& catalog);

}  // namespace eigensweep::study
