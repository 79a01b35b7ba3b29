// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/models/model.hpp"
#include "resolved.hpp"

// Small networks in a chosen precision, and their Jacobians by brute force.
namespace eigensweep::test {

using torch::Tensor;

inline Json options(int width, int depth, const char* activation, const char* parametrisation) {
  return {{"kind", "mlp"},
          {"width", width},
          {"depth", depth},
          {"activation", activation},
          {"parametrisation", parametrisation},
          {"weight_variance", 2},
          {"bias_variance", 0.1}};
}

/// On images of `channels` x side x side where these are given, else on vectors.
inline std::unique_ptr<models::Model> network(const Json& asked, const std::vector<std::int64_t>& shape,
                                              std::int64_t classes, const std::vector<std::uint64_t>& seeds,
                                              torch::ScalarType type) {
  auto model =
      models::make_model(resolved(study::Family::model, asked), {100, 100, shape, classes}, seeds, torch::kCPU);
  model->set_precision(type);
  return model;
}

/// J of every lane, [E, n C, parameters], a row per sample and logit.
inline Tensor jacobian(models::Model& model, const Tensor& x) {
  const Tensor logits = model.forward(models::Inputs::shared(x, model.lanes()), models::Mode::evaluate).logits;
  std::vector<Tensor> parameters;
  for (const models::NamedTensor& named : model.parameters()) parameters.push_back(named.tensor);
  std::vector<Tensor> rows;
  for (std::int64_t sample = 0; sample < x.size(0); ++sample) {
    for (std::int64_t o = 0; o < logits.size(1); ++o) {
      std::vector<Tensor> flat;
      for (const Tensor& part :
           torch::autograd::grad({logits.select(1, o).select(1, sample).sum()}, parameters, {}, true)) {
        flat.push_back(part.flatten(1));
      }
      rows.push_back(torch::cat(flat, 1));
    }
  }
  return torch::stack(rows, 1);
}

inline double largest(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

}  // namespace eigensweep::test
