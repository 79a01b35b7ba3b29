// SPDX-License-Identifier: MIT
// How fast a GPU is: what packs are made for.
#include "eigensweep/worker/measure.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>

#include "eigensweep/core/text.hpp"
#include "eigensweep/wire/fields.hpp"

namespace eigensweep::worker {
namespace {

/// Seconds of the fastest round of `calls` calls. Reading a number of `result` waits for the device.
double fastest(const MeasureEffort& effort, std::int64_t calls, const torch::Tensor& result,
               const std::function<void()>& call) {
  using Clock = std::chrono::steady_clock;
  double least = std::numeric_limits<double>::infinity();
  // The first round is not counted: libraries are loaded and kernels are chosen in it.
  for (int round = 0; round <= effort.rounds; ++round) {
    const Clock::time_point start = Clock::now();
    for (std::int64_t i = 0; i < calls; ++i) call();
    result.view({-1}).select(0, 0).item<float>();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (round > 0) least = std::min(least, seconds);
  }
  return std::max(least, 1e-9);
}

}  // namespace

wire::DeviceSpeed measure(const torch::Device& device, const MeasureEffort& effort) {
  const torch::NoGradGuard no_grad;
  const auto on_device = torch::TensorOptions(torch::kFloat32).device(device);
  const torch::Tensor weights = torch::full({effort.lanes, effort.width, effort.width}, 0.5F, on_device);
  const torch::Tensor inputs = torch::full({effort.lanes, effort.width, effort.batch}, 0.5F, on_device);
  torch::Tensor outputs = torch::empty({effort.lanes, effort.width, effort.batch}, on_device);
  const double product = fastest(effort, effort.products, outputs, [&] { torch::bmm_out(outputs, weights, inputs); });
  torch::Tensor small = torch::ones({16}, on_device);
  const double operations = fastest(effort, effort.operations, small, [&] { small.mul_(1.0F); });
  const double flops = 2.0 * static_cast<double>(effort.products * effort.lanes * effort.width) *
                       static_cast<double>(effort.width * effort.batch);
  return {flops / product, operations / static_cast<double>(effort.operations)};
}

Json measure_gpu(std::int64_t number) {
  const std::int64_t count = torch::cuda::is_available() ? static_cast<std::int64_t>(torch::cuda::device_count()) : 0;
  if (count == 0) return Json::object();
  try {
    const auto index = static_cast<c10::DeviceIndex>(number % count);
    return {{"speed", wire::to_value(measure({torch::kCUDA, index}))}};
  } catch (const c10::Error& error) {
    return {{"unmeasured", text::first_line(error.what_without_backtrace())}};
  }
}

Json measure_core() {
  torch::set_num_threads(1);
  MeasureEffort effort;
  effort.lanes = 1;
  effort.width = effort.batch = 512;  // large enough for nearly the core's best rate
  return {{"core", wire::to_value(measure(torch::kCPU, effort))}};
}

}  // namespace eigensweep::worker
