// SPDX-License-Identifier: MIT
#include "eigensweep/study/plan/device_profile.hpp"

#include <cmath>

namespace eigensweep::study {
namespace {

constexpr double operations_of_step = 40;  // 24 to 44 without adversary and Jacobian (docs/performance.md)

double to_power_of_two(double number) { return std::exp2(std::round(std::log2(number))); }

}  // namespace

DeviceProfile measured_gpu(double flops_per_second, double seconds_per_operation) {
  DeviceProfile device = stated_gpu;
  if (!(flops_per_second > 0 && seconds_per_operation > 0)) return device;
  device.flops_per_second = to_power_of_two(flops_per_second);
  device.step_overhead_flops = to_power_of_two(flops_per_second * seconds_per_operation * operations_of_step);
  device.full_step_flops = device.step_overhead_flops * (stated_gpu.full_step_flops / stated_gpu.step_overhead_flops);
  return device;
}

}  // namespace eigensweep::study
