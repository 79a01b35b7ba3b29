// SPDX-License-Identifier: MIT
#include "eigensweep/models/parametrisation.hpp"

#include <cmath>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/dense.hpp"

namespace eigensweep::models {
namespace {

Tensor normal(const std::vector<std::uint64_t>& seeds, std::uint64_t stream, double deviation,
              const std::vector<std::int64_t>& shape) {
  return drawn_by_lane(seeds, stream, shape,
                       [](const random::Key& key, std::span<float> numbers) { random::fill_normal(key, numbers); })
      .mul_(deviation);
}

}  // namespace

Parametrisation::Parametrisation(const NetworkOptions& options)
    : scaling_(options.parametrisation),
      weight_variance_(options.weight_variance),
      bias_variance_(options.bias_variance),
      base_width_(static_cast<double>(options.base_width)),
      width_(static_cast<double>(options.width.value)) {}

AffineScale Parametrisation::scale(Layer layer, std::int64_t fan_in) const {
  const auto inputs = static_cast<double>(fan_in);
  if (scaling_ == NetworkOptions::Scaling::ntk)
    return {1, std::sqrt(weight_variance_ / inputs), 1, std::sqrt(bias_variance_)};
  if (scaling_ == NetworkOptions::Scaling::mup && layer == Layer::output) {
    return {std::sqrt(weight_variance_ / base_width_), base_width_ / width_, std::sqrt(bias_variance_), 1};
  }
  return {std::sqrt(weight_variance_ / inputs), 1, std::sqrt(bias_variance_), 1};
}

Tensor Parametrisation::initial_weight(const std::vector<std::uint64_t>& seeds, std::uint64_t stream, Layer layer,
                                       std::int64_t fan_in, const std::vector<std::int64_t>& shape) const {
  if (weight_variance_ == 0) return default_uniform(seeds, stream, fan_in, shape);
  return normal(seeds, stream, scale(layer, fan_in).weight_deviation, shape);
}

Tensor Parametrisation::initial_bias(const std::vector<std::uint64_t>& seeds, std::uint64_t stream, Layer layer,
                                     std::int64_t fan_in, std::int64_t units) const {
  if (weight_variance_ == 0) return default_uniform(seeds, stream, fan_in, {units});
  return normal(seeds, stream, scale(layer, fan_in).bias_deviation, {units});
}

double rate_factor(study::Training::RateRule rule, bool is_adaptive, Place place, double ratio) {
  if (rule == study::Training::RateRule::fixed) return 1;
  if (rule == study::Training::RateRule::over_width) return 1 / ratio;
  switch (place) {
    case Place::hidden_weight:
      return is_adaptive ? 1 / ratio : 1;
    case Place::input_weight:
    case Place::hidden_bias:
    case Place::output_weight:
      return is_adaptive ? 1 : ratio;
    case Place::output_bias:
    case Place::other:
      return 1;
  }
  throw ContractViolation("a parameter without a place");
}

}  // namespace eigensweep::models
