// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/models/model.hpp"
#include "eigensweep/models/network_options.hpp"
#include "eigensweep/study/declare/training.hpp"

namespace eigensweep::models {

/// How an affine layer is written in its trained tensors: z = weight_factor W h + bias_factor b with W, b drawn at
/// these standard deviations.
struct AffineScale {
  double weight_deviation = 0;
  double weight_factor = 1;
  double bias_deviation = 0;
  double bias_factor = 1;
};

enum class Layer { input, hidden, output };

inline Place weight_place(Layer layer) {
  if (layer == Layer::input) return Place::input_weight;
  return layer == Layer::hidden ? Place::hidden_weight : Place::output_weight;
}
inline Place bias_place(Layer layer) { return layer == Layer::output ? Place::output_bias : Place::hidden_bias; }
/// A trained tensor times its factor, without a product if the factor is 1.
inline Tensor scaled(const Tensor& tensor, double factor) { return factor == 1 ? tensor : tensor * factor; }

/// A network's parametrisation and initial law, by its options:
///
///   standard  W ~ N(0, weight_variance / fan in), b ~ N(0, bias_variance), no factors
///   ntk       W, b ~ N(0, 1), factors sqrt(weight_variance / fan in) and sqrt(bias_variance) (Jacot et al. 2018)
///   mup       as standard, but the readout: variance weight_variance / base_width, factor base_width / width (Yang, Hu
///             2021, in the form of their package's MuReadout)
///
/// weight_variance 0 is torch's default for nn.Linear: uniform within +-1/sqrt(fan in), weights and biases.
class Parametrisation {
 public:
  explicit Parametrisation(const NetworkOptions& options);

  [[nodiscard]] AffineScale scale(Layer layer, std::int64_t fan_in) const;
  /// Initial weights [E, ...shape] and biases [E, units], float32, on the CPU, keyed by (seed, initial_weights,
  /// stream).
  [[nodiscard]] Tensor initial_weight(const std::vector<std::uint64_t>& seeds, std::uint64_t stream, Layer layer,
                                      std::int64_t fan_in, const std::vector<std::int64_t>& shape) const;
  [[nodiscard]] Tensor initial_bias(const std::vector<std::uint64_t>& seeds, std::uint64_t stream, Layer layer,
                                    std::int64_t fan_in, std::int64_t units) const;

 private:
  NetworkOptions::Scaling scaling_;
  double weight_variance_;
  double bias_variance_;
  double base_width_;
  double width_;
};

/// What a learning rate is multiplied by for a parameter at `place` of a network `ratio` = width / base_width times as
/// wide. `rule`: "fixed" (1), "over_width" (1 / ratio) or "mup": the table of Yang et al. 2021 (arXiv:2203.03466), for
/// SGD or, if `is_adaptive`, for Adam.
double rate_factor(study::Training::RateRule rule, bool is_adaptive, Place place, double ratio);

}  // namespace eigensweep::models
