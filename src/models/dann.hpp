// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "eigensweep/models/model.hpp"
#include "eigensweep/models/network_options.hpp"

namespace eigensweep::models {

/// E Dale artificial neural networks: `depth` hidden layers of the type "dann", each followed by the nonlinearity, and
/// a readout of that type.
std::unique_ptr<Model> make_dann(const NetworkOptions& options, const study::DatasetInfo& dataset,
                                 const std::vector<std::uint64_t>& seeds, const torch::Device& device);

}  // namespace eigensweep::models
