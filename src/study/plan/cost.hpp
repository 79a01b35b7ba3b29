// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "eigensweep/study/plan/pack.hpp"
#include "footprint.hpp"

namespace eigensweep::study {

/// What one lane of a trial costs; the same for every trial of its shape.
struct LaneCost {
  double training_flops = 0;
  double step_flops = 0;  ///< of one optimiser step; decides whether packing pays
  double evaluation_flops = 0;
  bool is_of_cpu = false;  ///< runs on CPU cores beside any device; operations are counted at cpu_core's rate
  bool has_steps = false;  ///< whether it is trained in steps, each with the fixed cost of its device
  Footprint memory;
};

LaneCost lane_cost(const Study& study, const Catalog& catalog, const Trial& trial,
                   const std::vector<Evaluation>& evaluations);

/// The fixed cost of a pack of any size, as a multiple of one lane's operations: small steps fill no device.
double overhead_share(const LaneCost& cost, const DeviceProfile& device);

/// With fewer lanes of that cost, more than `device.most_overhead_share` of a step is its fixed cost.
std::size_t least_lanes(const LaneCost& cost, const DeviceProfile& device);

/// How many lanes of that cost, of at most `seeds` seeds, train best side by side on one device with `memory` bytes for
/// packs.
std::size_t best_lanes(const LaneCost& cost, const DeviceProfile& device, double memory, std::size_t seeds);

/// The memory of a pack of these lanes, all of that cost, in bytes. `growth`: DeviceProfile::memory_growth.
double pack_bytes(const Study& study, const LaneCost& cost, const std::vector<Lane>& lanes, double growth);

}  // namespace eigensweep::study
