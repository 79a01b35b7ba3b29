// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/wire/introduction.hpp"

namespace eigensweep::worker {

/// How much is measured: the usual numbers take about a second on a GPU, and 0.4 GB of its memory.
struct MeasureEffort {
  std::int64_t lanes = 256;       ///< of the product
  std::int64_t width = 256;       ///< of its networks
  std::int64_t batch = 384;       ///< samples
  std::int64_t products = 10;     ///< in a round
  std::int64_t operations = 500;  ///< small ones, in a round
  int rounds = 5;                 ///< the fastest one counts: others may have been disturbed
};

/// Measures a device: the rate of a batched product of float32, [lanes, width, width] x [lanes, width, batch], and the
/// time of an operation on a small tensor. Throws c10::Error as the device does.
wire::DeviceSpeed measure(const torch::Device& device, const MeasureEffort& effort = {});

/// What `--measure` adds to visible_gpus(): {"speed": {...}} of that GPU, {"unmeasured": why} if it throws, {} without
/// GPUs. `number` wraps around at the number of GPUs.
Json measure_gpu(std::int64_t number);

/// What `--measure-core` adds to visible_gpus(): {"core": {...}}, the speed of one thread of the CPU, within a second.
/// The process has one thread from then on.
Json measure_core();

}  // namespace eigensweep::worker
