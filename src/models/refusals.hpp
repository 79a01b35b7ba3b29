// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "eigensweep/models/network_options.hpp"

namespace eigensweep::models {

/// "" or why the options that every network has do not go together. `hidden_layers`: how many there are, any of which
/// may be whitened.
std::string refuse_network_options(const NetworkOptions& network, std::int64_t hidden_layers);

/// "" or why such batches are too small for layers that take statistics over them.
std::string refuse_small_batches(const NetworkOptions& network, const study::SampleCounts& samples);

}  // namespace eigensweep::models
