// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace eigensweep::study {

/// The device that packs are made for. Operations are those of the cost model: multiplications and additions count one
/// each, in float32.
struct DeviceProfile {
  double flops_per_second = 0;  ///< of a step that fills the device
  /// Fixed cost of a training step for any number of lanes: operations that the device could do in that time.
  double step_overhead_flops = 0;
  double full_step_flops = 0;         ///< with more work than this in a step, more lanes only cost memory
  std::size_t most_useful_lanes = 1;  ///< with more lanes than this, a step gains nothing more
  double memory = 0;                  ///< bytes that a worker's packs may take
  /// What a worker's memory grows to, as a multiple of what its tensors take at once: it keeps freed memory, and reuses
  /// it in pieces.
  double memory_growth = 1;
  /// Whether `flops_per_second` is of whole runs, with the fixed costs of their steps.
  bool rate_has_overhead = false;
  /// Packs are not cut, for more workers or near the end, so small that more than this share of a step is its fixed
  /// cost. 1: packs may be cut into single lanes.
  double most_overhead_share = 1;
};

/// One core of a CPU. Measured: from 2e9 operations a step runs at the speed of the matrix product; its fixed cost is
/// 1.5e8 to 4e8 operations: packs of 16 at width 64 train 3.8 times as many networks a second as single lanes, packs of
/// 4 at width 256 train 1.2 times as many. The rate and the memory are what `eigensweep plan` assumes.
inline constexpr DeviceProfile cpu_core{
    .flops_per_second = 5e10,
    .step_overhead_flops = 2e8,
    .full_step_flops = 2e9,
    .most_useful_lanes = 16,
    .memory = 4e9,
    .memory_growth = 1.4,  // measured: 1.2 to 1.8
    .rate_has_overhead = true,
    .most_overhead_share = 1,
};

/// The share of a device's memory that all packs together may use. The rest is for datasets, libraries and other
/// programs.
inline constexpr double usable_memory_share = 0.6;

/// A GPU like NVIDIA's H100. These are estimates that no GPU has confirmed: 45 TFLOP/s in float32; a step is 25 to 100
/// kernel launches, a third of a millisecond; 80 GB.
inline constexpr DeviceProfile stated_gpu{
    .flops_per_second = 45e12,
    .step_overhead_flops = 1.5e10,
    .full_step_flops = 5e10,
    .most_useful_lanes = 1024,
    .memory = usable_memory_share * 80e9,
    .memory_growth = 1,  // its packs are given six tenths of the memory
    .rate_has_overhead = false,
    .most_overhead_share = 0.5,
};

/// A GPU with these measured numbers. A step is taken for 40 operations; what a full step is, relative to the fixed
/// cost, and the rest are the stated GPU's. Rate and fixed cost are rounded to powers of two, so that the same GPU gets
/// the same packs although two measurements differ by some per cent. The stated profile if a number is not above 0.
DeviceProfile measured_gpu(double flops_per_second, double seconds_per_operation);

}  // namespace eigensweep::study
