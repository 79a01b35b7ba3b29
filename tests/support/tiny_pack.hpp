// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/device_dataset.hpp"
#include "resolved.hpp"

/// Two lanes of the smallest training that has everything a checkpoint keeps: running statistics, momentum, a
/// penalty's basis, snapshots after epochs 1, 2 and 4, and a second lane that ends after the first epoch.
namespace tiny_pack {

/// Six samples of two numbers, in two classes: two steps of an epoch.
inline const eigensweep::data::DeviceDataset& dataset() {
  using namespace eigensweep;
  static const data::DeviceDataset made = [] {
    data::Dataset set;
    set.info = {.train_samples = 6, .test_samples = 1, .input_shape = {1, 1, 2}, .classes = 2};
    set.train = {{10, 200, 30, 180, 0, 255, 220, 20, 190, 60, 240, 5}, {0, 0, 0, 1, 1, 1}};
    set.test = {{0, 0}, {0}};
    return data::DeviceDataset(set, torch::kCPU);
  }();
  return made;
}

inline std::vector<eigensweep::Json> configs() {
  using eigensweep::Json;
  const Json lane =
      resolved_config({{"model", {{"kind", "mlp"}, {"width", 3}, {"batch_norm", true}}},
                       {"training",
                        {{"epochs", 4},
                         {"snapshots", 3},
                         {"batch_size", 3},
                         {"optimizer", {{"kind", "sgd"}, {"learning_rate", 0.1}, {"momentum", 0.9}}}}},
                       {"regularizers", {{"spectral", {{"kind", "spectral"}, {"strength", 0.1}, {"cutoff", 0}}}}},
                       {"seed", 1}});
  Json ends = lane;
  ends["seed"] = 2;
  ends["training"]["stop_loss"] = 1e6;
  return {lane, ends};
}

}  // namespace tiny_pack
