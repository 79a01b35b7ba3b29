// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <string>

#include "attacked_samples.hpp"

namespace eigensweep::attacks {

/// Options of attacks that move the pixels of images.
struct MovedImages : AttackedSamples {
  [[nodiscard]] std::string refuse(const study::DatasetInfo& dataset) const {
    if (dataset.input_shape.size() == 3 && dataset.input_shape[1] > 1 && dataset.input_shape[2] > 1) return "";
    return "the dataset's inputs are no images, so that their pixels have no places to move to; choose a dataset of "
           "images, or an attack on the values of inputs";
  }
};

/// The value of what lies outside an image: black, or 0 where inputs have no bounds.
inline double outside_of_images(double lower) { return std::isfinite(lower) ? lower : 0; }

}  // namespace eigensweep::attacks
