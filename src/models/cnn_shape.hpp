// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/models/cnn_options.hpp"

namespace eigensweep::models {

/// What the cost model must know of a convolutional network of finite width.
study::ModelShape cnn_shape(const CnnOptions& cnn, const study::DatasetInfo& dataset);

}  // namespace eigensweep::models
