// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <string>

#include "eigensweep/study/kind.hpp"

namespace eigensweep::models {

/// Adds the options of the layers that every model can have: one that normalises its inputs, one that whitens.
inline study::Options with_layers(study::Options options) {
  options
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

/// Operations per sample of whitening a layer of `width` units in a batch of about its width: moments, factor, solve.
inline double whitening_flops(std::int64_t width) {
  return 3.0 * static_cast<double>(width) * static_cast<double>(width);
}

}  // namespace eigensweep::models
