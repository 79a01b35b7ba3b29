// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "eigensweep/study/expand/study.hpp"
#include "read/template.hpp"

namespace eigensweep::study {

/// What a template asks to be run on each of its trained networks: every attack and metric, its sweeps unfolded into
/// variants ("pgd[steps=40]"), its intensities sorted. Throws ConfigError when two of them compute the same.
std::vector<Evaluation> make_evaluations(const Template& alternative, const Source& source);

/// A value as it appears in labels and tables: texts without quotes, shortest numbers.
std::string value_text(const Json& value);

}  // namespace eigensweep::study
