// SPDX-License-Identifier: MIT
#include "infinite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace eigensweep::models {

std::string limit_wants(const NetworkOptions& network) {
  std::vector<std::string> wanted;
  if (network.parametrisation != NetworkOptions::Scaling::ntk) {
    wanted.emplace_back(
        "parametrisation 'ntk' with a weight_variance (in others training has another limit, or none, at a fixed "
        "learning rate)");
  }
  if (!network.centre_output) wanted.emplace_back("centre_output (outputs at initialisation are random at any width)");
  if (network.reads_samples()) {
    wanted.emplace_back("neither batch_norm nor whiten (they have no kernel in closed form)");
  }
  if (network.layer != NetworkOptions::LayerType::dense)
    wanted.emplace_back("layer 'dense' (signs have no such limit)");
  return fmt::format("{}", fmt::join(wanted, "; "));
}

study::ModelShape infinite_shape(const NetworkOptions& network, const study::DatasetInfo& dataset) {
  const auto samples = static_cast<double>(dataset.train_samples);
  const auto depth = static_cast<double>(network.depth);
  study::ModelShape shape;
  shape.forward_flops = samples * (4.0 * static_cast<double>(dataset.input_size()) + 100.0 * depth);
  shape.first_layer_flops = shape.forward_flops;
  shape.parameters = dataset.train_samples * dataset.classes;
  shape.closed_form_flops = samples * samples * (4.0 * static_cast<double>(dataset.input_size()) + 200.0 * depth) +
                            20.0 * samples * samples * samples;
  // The kernel, its eigenvectors and the solver's workspace.
  shape.closed_form_bytes = std::max(5.0 * 8.0 * samples * samples, limit_chunk_bytes);
  shape.infinite_layers = network.depth;
  return shape;
}

}  // namespace eigensweep::models
