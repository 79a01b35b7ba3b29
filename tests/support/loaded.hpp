// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/data/dataset.hpp"
#include "resolved.hpp"

/// The dataset of a "dataset" section with what a test chooses, and the declared defaults for the rest.
inline eigensweep::data::Dataset loaded(const eigensweep::Json& chosen) {
  return eigensweep::data::load(resolved(eigensweep::study::Family::dataset, chosen));
}
