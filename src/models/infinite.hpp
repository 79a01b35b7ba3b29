// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/models/network_options.hpp"

namespace eigensweep::models {

/// "" or what the limit of infinite width wants otherwise, and why: "loss 'mse' (...)". The limit is that of gradient
/// descent on a squared error in the NTK parametrisation, from outputs 0.
std::string limit_wants(const NetworkOptions& network, const Json& config);

/// What limit_wants() says, as a sentence about a network of finite width; "" stays "".
std::string no_limit(const std::string& wanted);
/// The same as a reason to refuse the network if its width is infinite; else "".
std::string refuse_infinite(const NetworkOptions& network, const std::string& wanted);

/// What an evaluation holds of its samples against the training set, in bytes, when the kernel is no longer held.
inline constexpr double limit_chunk_bytes = 3e8;

/// What the cost model must know of the limit: a kernel with every training sample, a few dozen float64 operations on
/// each pair in each layer.
study::ModelShape infinite_shape(const NetworkOptions& network, const study::DatasetInfo& dataset);

}  // namespace eigensweep::models
