// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "eigensweep/study/kind.hpp"
#include "eigensweep/study/sections.hpp"

namespace eigensweep::models {

/// Adds the options that every model has: how it is parametrised, and layers that normalise its inputs or whiten.
inline study::Options with_layers(study::Options options, std::vector<std::string> parametrisations) {
  options
      .choice("parametrisation", "standard", std::move(parametrisations),
              "whether layers carry a factor of their width: 'ntk' on all weights, 'mup' on the readout")
      .number("weight_variance", 0.0, {0, 1e6},
              "variance of the initial weights times fan in; 0 takes torch's default law for weights and biases")
      .number("bias_variance", 0.0, {0, 1e6}, "variance of the initial biases; read where weight_variance is above 0")
      .integer("base_width", 64, {1, 1e6}, "width at which 'mup' and learning-rate rules change nothing")
      .number("output_scale", 1.0, {0, 1e9, true},
              "what outputs are multiplied by: large makes training lazy; the task's loss is divided by its square")
      .boolean("centre_output", false, "subtract the outputs at initialisation, so that training starts from 0")
      .choice(
          "precision", "float32", {"float32", "float64"},
          "what the network's numbers are, in training and evaluation; float64 takes twice the time and memory on a "
          "CPU, and far more time on most GPUs")
      .choice(
          "normalise", "none", {"none", "per_channel", "per_image"},
          "a first layer that brings inputs to mean 0 and variance 1, by channel over the training set or by image; "
          "epsilon stays in units of the inputs")
      .integer("whiten", 0, {0, 1000}, "which hidden layer (from 1) is whitened by its Cholesky factor; 0 whitens none")
      .choice("whiten_about", "mean", {"mean", "zero"},
              "about what the whitened layer's second moments are taken; its activations are never centred");
  return options;
}

/// "" or why there is no hidden layer to whiten.
inline std::string refuse_whitening(const Json& options, std::int64_t hidden_layers) {
  const auto layer = options.at("whiten").get<std::int64_t>();
  if (layer <= hidden_layers) return "";
  return fmt::format("whiten {} asks for a hidden layer that is not there; choose 0 to {}", layer, hidden_layers);
}

/// "" or why such batches are too small for layers that take statistics over them.
inline std::string refuse_small_batches(const Json& options, const study::SampleCounts& samples) {
  // An adversary perturbs the clean samples of a batch by themselves.
  if (options.at("batch_norm").get<bool>()) {
    return study::refuse_single_samples(samples, samples.smallest_batch, "batch_norm");
  }
  if (options.at("whiten").get<std::int64_t>() == 0) return "";
  return study::refuse_single_samples(samples, samples.smallest_batch, "whiten");
}

/// "" or why the options of parametrisation do not go together.
inline std::string refuse_parametrisation(const Json& options) {
  const auto kind = options.at("parametrisation").get<std::string>();
  if (kind != "standard" && options.at("weight_variance") == 0.0) {
    return fmt::format(
        "parametrisation '{}' needs a weight_variance above 0 (torch's default law has none to scale); choose one, as "
        "2 for relu or 1 for tanh",
        kind);
  }
  const bool changes = options.at("batch_norm").get<bool>() || options.at("whiten").get<std::int64_t>() > 0;
  if (options.at("centre_output").get<bool>() && changes) {
    return "centre_output subtracts the network at its initialisation, which batch_norm and whiten change with the "
           "data; choose one of them";
  }
  return "";
}

/// Operations per sample of whitening a layer of `width` units in a batch of about its width: moments, factor, solve.
inline double whitening_flops(std::int64_t width) {
  return 3.0 * static_cast<double>(width) * static_cast<double>(width);
}

}  // namespace eigensweep::models
