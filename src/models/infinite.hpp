// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/models/network_options.hpp"

namespace eigensweep::models {

/// Which options the infinite-width limit needs, and why, or "" (study::Kind::limit_wants). The limit is that of the
/// NTK parametrisation with outputs that start at 0.
std::string limit_wants(const NetworkOptions& network);

/// Bytes that an evaluation holds for the kernel between its samples and the training set; the training kernel is freed
/// by then.
inline constexpr double limit_chunk_bytes = 3e8;

/// What the cost model must know of the limit: a kernel with every training sample, a few dozen float64 operations on
/// each pair in each layer.
study::ModelShape infinite_shape(const NetworkOptions& network, const study::DatasetInfo& dataset);

}  // namespace eigensweep::models
