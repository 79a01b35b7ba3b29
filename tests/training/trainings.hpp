// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>
#include "eigensweep/core/error.hpp"
#include "eigensweep/training/trainer.hpp"
#include "loaded.hpp"
#include "resolved.hpp"
#include "scratch.hpp"

/// Trainings of small networks on MNIST.

using namespace eigensweep;
using namespace eigensweep::training;

const data::DeviceDataset& mnist() {
  static const data::DeviceDataset dataset(loaded({{"kind", "mnist"}, {"train_samples", 600}, {"test_samples", 100}}),
                                           torch::kCPU);
  return dataset;
}

inline Json config(std::uint64_t seed, double strength, const char* order = "per_seed", double rate = 1e-3) {
  Json made{{"model", {{"kind", "mlp"}, {"width", 32}, {"depth", 2}}},
            {"training",
             {{"epochs", 2},
              {"batch_size", 128},
              {"batch_order", order},
              {"optimizer", {{"kind", "adam"}, {"learning_rate", rate}, {"amsgrad", true}}}}},
            {"seed", seed}};
  if (strength > 0) {
    made["regularizers"]["spectral"] = {
        {"kind", "spectral"}, {"strength", strength}, {"cutoff", 5}, {"layers", "all"}, {"products", "float32"}};
  }
  return resolved_config(made);
}

inline std::vector<Tensor> weights(Trainer& trainer, std::int64_t lane) {
  std::vector<Tensor> copies;
  for (const auto& named : trainer.model().parameters()) copies.push_back(named.tensor.detach()[lane].clone());
  return copies;
}

inline void check_equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(torch::equal(a[i], b[i]));
}
