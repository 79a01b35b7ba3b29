// SPDX-License-Identifier: MIT
#include "infinite.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "eigensweep/study/training.hpp"

namespace eigensweep::models {

std::string limit_wants(const NetworkOptions& network, const Json& config) {
  const Json& section = config.at("training");
  const auto training = study::read<study::Training>(section);
  const auto wanted = [](const char* what, const char* why) { return fmt::format("{} ({})", what, why); };
  if (network.parametrisation != NetworkOptions::Scaling::ntk) {
    return wanted("parametrisation 'ntk'", "in others training has another limit, or none, at a fixed learning rate");
  }
  if (!network.centre_output) return wanted("centre_output", "outputs at initialisation are random at any width");
  if (network.reads_samples()) return wanted("neither batch_norm nor whiten", "they have no kernel in closed form");
  if (training.loss != study::Training::Loss::mse) return wanted("loss 'mse'", "other losses have no closed form");
  const Json& optimizer = section.at("optimizer");
  if (optimizer.at("kind") != "sgd" || optimizer.at("momentum") != 0.0 || optimizer.at("weight_decay") != 0.0) {
    return wanted("optimizer 'sgd' without momentum and weight_decay",
                  "others do not follow the kernel's gradient flow");
  }
  if (section.at("schedule").at("kind") != "constant" || training.warmup_epochs != 0 ||
      training.rate_rule != study::Training::RateRule::fixed) {
    return wanted("a constant learning rate", "training time is learning rate times steps");
  }
  if (training.adversary != study::Training::Adversary::none) {
    return wanted("adversary 'none'", "adversarial training has no closed form");
  }
  if (!config.at("regularizers").empty()) {
    return wanted("no regularizers", "penalties of hidden layers and Jacobians have no closed form");
  }
  return "";
}

std::string no_limit(const std::string& wanted) { return wanted.empty() ? "" : "infinite width wants " + wanted; }

std::string refuse_infinite(const NetworkOptions& network, const std::string& wanted) {
  if (!network.is_infinite() || wanted.empty()) return "";
  return fmt::format("width \"inf\" wants {}; change it, or exclude this cell", wanted);
}

study::ModelShape infinite_shape(const NetworkOptions& network, const study::DatasetInfo& dataset) {
  const auto samples = static_cast<double>(dataset.train_samples);
  const auto depth = static_cast<double>(network.depth);
  study::ModelShape shape;
  shape.forward_flops = samples * (4.0 * static_cast<double>(dataset.input_size()) + 100.0 * depth);
  shape.first_layer_flops = shape.forward_flops;
  shape.parameters = dataset.train_samples * dataset.classes;
  // The kernel, its eigenvectors and the solver's workspace.
  shape.closed_form_flops = samples * samples * (4.0 * static_cast<double>(dataset.input_size()) + 200.0 * depth) +
                            20.0 * samples * samples * samples;
  shape.closed_form_bytes = std::max(5.0 * 8.0 * samples * samples, limit_chunk_bytes);
  shape.infinite_layers = network.depth;
  return shape;
}

}  // namespace eigensweep::models
