// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "eigensweep/study/kind.hpp"

namespace eigensweep::models {

/// Whether a resolved "model" section asks for the limit of infinite width.
inline bool is_infinite(const Json& options) { return options.at("width") == "inf"; }

/// "" or what the limit of infinite width wants otherwise, and why: it is that of gradient descent on a squared error
/// in the NTK parametrisation, from outputs 0.
inline std::string limit_wants(const Json& options, const Json& config) {
  const Json& training = config.at("training");
  const auto wanted = [](const char* what, const std::string& why) { return fmt::format("{} ({})", what, why); };
  if (options.value("pooling", "none") == "max") {
    return wanted("pooling 'average' or 'none'", "the largest of Gaussians has no kernel in closed form");
  }
  if (options.at("parametrisation") != "ntk") {
    return wanted("parametrisation 'ntk'", "in others training has another limit, or none, at a fixed learning rate");
  }
  if (!options.at("centre_output").get<bool>()) {
    return wanted("centre_output", "outputs at initialisation are random at any width");
  }
  if (options.at("batch_norm").get<bool>() || options.at("whiten").get<int>() > 0) {
    return wanted("neither batch_norm nor whiten", "they have no kernel in closed form");
  }
  if (training.at("loss") != "mse") return wanted("loss 'mse'", "other losses have no closed form");
  const Json& optimizer = training.at("optimizer");
  if (optimizer.at("kind") != "sgd" || optimizer.at("momentum") != 0.0 || optimizer.at("weight_decay") != 0.0) {
    return wanted("optimizer 'sgd' without momentum and weight_decay",
                  "others do not follow the kernel's gradient flow");
  }
  if (training.at("schedule").at("kind") != "constant" || training.at("warmup_epochs") != 0 ||
      training.at("rate_rule") != "fixed") {
    return wanted("a constant learning rate", "training time is learning rate times steps");
  }
  if (training.at("adversary") != "none") return wanted("adversary 'none'", "adversarial training has no closed form");
  if (!config.at("regularizers").empty()) {
    return wanted("no regularizers", "penalties of hidden layers and Jacobians have no closed form");
  }
  return "";
}

/// The same as a sentence, for a network of finite width.
inline std::string no_limit(const Json& options, const Json& config) {
  const std::string wanted = limit_wants(options, config);
  return wanted.empty() ? "" : "infinite width wants " + wanted;
}

/// "" or why a network of infinite width is not to be had.
inline std::string refuse_infinite(const Json& options, const Json& config) {
  const std::string wanted = is_infinite(options) ? limit_wants(options, config) : "";
  return wanted.empty() ? "" : fmt::format("width \"inf\" wants {}; change it, or exclude this cell", wanted);
}

/// An evaluation's samples against the training set, when the kernel is no longer held.
inline constexpr double limit_chunk_bytes = 3e8;

/// What the cost model must know of the limit: a kernel with every training sample, a few dozen float64 operations on
/// each pair in each layer.
inline study::ModelShape infinite_shape(const Json& options, const study::DatasetInfo& dataset) {
  const auto samples = static_cast<double>(dataset.train_samples);
  const auto depth = options.at("depth").get<double>();
  study::ModelShape shape;
  shape.forward_flops = samples * (4.0 * static_cast<double>(dataset.input_size()) + 100.0 * depth);
  shape.first_layer_flops = shape.forward_flops;
  shape.parameters = dataset.train_samples * dataset.classes;
  // The kernel, its eigenvectors and the solver's workspace.
  shape.closed_form_flops = samples * samples * (4.0 * static_cast<double>(dataset.input_size()) + 200.0 * depth) +
                            20.0 * samples * samples * samples;
  shape.closed_form_bytes = std::max(5.0 * 8.0 * samples * samples, limit_chunk_bytes);
  shape.infinite_layers = options.at("depth").get<std::int64_t>();
  return shape;
}

}  // namespace eigensweep::models
