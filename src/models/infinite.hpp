// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/models/network_options.hpp"

namespace eigensweep::models {

/// "" or which options the limit of infinite width wants, and why (study::Kind::limit_wants). The limit is that of the
/// NTK parametrisation, from outputs 0.
std::string limit_wants(const NetworkOptions& network);

/// What an evaluation holds of its samples against the training set, in bytes, when the kernel is no longer held.
inline constexpr double limit_chunk_bytes = 3e8;

/// What the cost model must know of the limit: a kernel with every training sample, a few dozen float64 operations on
/// each pair in each layer.
study::ModelShape infinite_shape(const NetworkOptions& network, const study::DatasetInfo& dataset);

}  // namespace eigensweep::models
