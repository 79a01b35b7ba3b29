// SPDX-License-Identifier: MIT
#include "eigensweep/models/layer_type.hpp"

#include <fmt/format.h>

#include <cmath>

#include "eigensweep/study/declare/training.hpp"

namespace eigensweep::models {
namespace {

using LayerType = NetworkOptions::LayerType;

const char* word(LayerType layer) {
  switch (layer) {
    case LayerType::dense:
      return "dense";
    case LayerType::colei:
      return "colei";
    case LayerType::dann:
      return "dann";
    case LayerType::dann_uncorrected:
      return "dann_uncorrected";
  }
  return "";
}

/// "" or what makes activities negative, and what to do about it. A unit of negative activity excites where its sign
/// says that it inhibits.
std::string negative_activities(const NetworkOptions& network) {
  if (network.activation != "relu") {
    return fmt::format("and activation '{}' makes some negative; choose activation 'relu'", network.activation);
  }
  if (network.batch_norm) return "and batch_norm makes some negative; leave it out";
  if (network.whiten > 0) return "and whiten makes some negative; leave it out";
  if (network.normalise != NetworkOptions::InputScale::none) {
    return "and normalise makes some inputs negative; leave it out";
  }
  return "";
}

}  // namespace

std::int64_t inhibitory_units(const NetworkOptions& network) {
  if (!keeps_signs(network)) return 0;
  if (network.inhibitory_units > 0) return network.inhibitory_units;
  const auto units = static_cast<double>(network.width.value);
  const double parts = is_dann(network) ? network.ei_ratio : network.ei_ratio + 1;
  constexpr double rounding = 1e-12;  // 350 / 1.4 is a little more than 250
  return std::llround(std::ceil(units / parts * (1 - rounding)));
}

std::string refuse_layer_type(const NetworkOptions& network, const Json& config) {
  if (!keeps_signs(network)) return "";
  const std::string layer = fmt::format("layer '{}'", word(network.layer));
  if (network.is_infinite()) return layer + " has no limit of infinite width in closed form; choose layer 'dense'";
  const std::string negative = negative_activities(network);
  if (!negative.empty()) {
    return fmt::format(
        "{} wants activities that are never negative, so that signs of weights mean excitation and "
        "inhibition, {}",
        layer, negative);
  }
  if (network.weight_variance != 0 || network.parametrisation != NetworkOptions::Scaling::standard) {
    return layer + " has an initial law of its own; leave out weight_variance, bias_variance and parametrisation";
  }
  if (network.centre_output) {
    return layer + " does not go with centre_output, which subtracts a network that is not kept; leave it out";
  }
  if (is_dann(network) && config.contains("training") &&
      study::read<study::Training>(config.at("training")).rate_rule == study::Training::RateRule::mup) {
    return layer + " has tensors that muP's table does not know, those of inhibition; choose another rate_rule";
  }
  if (network.layer == LayerType::colei && inhibitory_units(network) >= network.width.value) {
    return fmt::format(
        "{} of {} units has {} inhibitory ones, which leaves none to excite; choose a larger width or "
        "ei_ratio, or fewer inhibitory_units",
        layer, network.width.value, inhibitory_units(network));
  }
  return "";
}

std::string refuse_signed_inputs(const NetworkOptions& network, const study::DatasetInfo& dataset) {
  if (!keeps_signs(network) || dataset.lower >= 0) return "";
  return fmt::format(
      "layer '{}' wants inputs that are never negative, because inputs excite; this dataset's may be as "
      "low as {:g}; choose another dataset, or layer 'dense'",
      word(network.layer), dataset.lower);
}

}  // namespace eigensweep::models
