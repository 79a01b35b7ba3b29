// SPDX-License-Identifier: MIT
#pragma once

#include <torch/nn/functional.h>
#include <catch2/catch.hpp>
#include "digits.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/kernels/limit_network.hpp"
#include "eigensweep/metrics/metric.hpp"
#include "eigensweep/models/spectra.hpp"
#include "power_law.hpp"
#include "regime.hpp"
#include "resolved.hpp"
#include "similarity.hpp"
#include "toy_network.hpp"

/// What tests of metrics share: options, and a metric measured by itself.

using namespace eigensweep;
using torch::Tensor;

inline Json spectrum_options(const char* split = "train", int samples = 0) {
  return resolved(study::Family::metric, "spectrum", {{"split", split}, {"samples", samples}, {"fit_first", 5}});
}

inline std::vector<metrics::Measurement> measure(const std::string& kind, const Json& options, models::Model& model,
                                                 const data::DeviceDataset& data,
                                                 const Json& training = Json::object()) {
  const Json config = resolved_config({{"model", {{"kind", "mlp"}, {"width", 20}}}, {"training", training}});
  return metrics::make_metric(kind, options)->measure({model, data, config});
}

/// Bytes cannot hold Gaussian samples, so these are uniform.
inline data::DeviceDataset noise(std::int64_t count, std::int64_t size) {
  data::DeviceDataset set = digits(1);
  torch::manual_seed(1);
  set.train_images = torch::randint(0, 256, {count, size}, torch::kUInt8);
  set.test_images = torch::randint(0, 256, {count / 2, size}, torch::kUInt8);
  return set;
}

inline Json regime_options() { return resolved(study::Family::metric, "kernel_regime", {{"samples", 40}}); }

inline Json mlp_config() {
  return resolved_config({{"model",
                           {{"kind", "mlp"},
                            {"width", 20},
                            {"depth", 2},
                            {"activation", "relu"},
                            {"parametrisation", "ntk"},
                            {"weight_variance", 2.0},
                            {"bias_variance", 0.1}}}});
}

inline metrics::Measurement regime_of(models::Model& model, const data::DeviceDataset& set, const Json& config,
                                      const std::vector<std::uint64_t>& seeds, std::size_t lane) {
  return metrics::make_metric("kernel_regime", regime_options())->measure({model, set, config, seeds})[lane];
}
