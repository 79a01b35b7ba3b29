// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/models/cnn_options.hpp"

namespace eigensweep::models {

/// The same as infinite_shape() for a convolutional network.
study::ModelShape infinite_cnn_shape(const CnnOptions& cnn, const study::DatasetInfo& dataset);

}  // namespace eigensweep::models
