// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <numeric>

#include "eigensweep/catalog.hpp"
#include "eigensweep/study/declare/by_hand.hpp"
#include "eigensweep/training/trainer.hpp"
#include "eigensweep/worker/by_hand.hpp"
#include "gradients_here.hpp"

namespace eigensweep::worker {
namespace {

Json config(std::int64_t width, std::int64_t batch, std::int64_t epochs, const std::string& products) {
  return study::resolved_config(catalog(),
                                {{"model", {{"kind", "mlp"}, {"width", width}}},
                                 {"training",
                                  {{"epochs", epochs},
                                   {"batch_size", batch},
                                   {"batch_order", "shared"},
                                   {"last_batch", "drop"},
                                   {"optimizer", {{"kind", "adam"}, {"amsgrad", true}}}}},
                                 {"regularizers", {{"spectral", {{"kind", "spectral"}, {"products", products}}}}}});
}

void wait_for(const torch::Device& device) {
  if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

}  // namespace

Json bench_step(const torch::Device& device, std::int64_t width, std::int64_t batch, std::int64_t lanes,
                std::int64_t steps, const std::string& products) {
  const GradientsHere gradients;
  constexpr std::int64_t warmup = 3;
  // Real images, because on noise the penalised network saturates within about fifty steps, and denormal numbers then
  // slow it down.
  const study::Kind& mnist = *catalog().find(study::Family::dataset, "mnist");
  const data::DeviceDataset data(data::load(study::resolved(mnist.options, {{"kind", "mnist"}, {"test_samples", 10}})),
                                 device);
  const std::int64_t steps_per_epoch = std::max<std::int64_t>(data.info.train_samples / batch, 1);
  const Json lane = config(width, batch, (steps + warmup) / steps_per_epoch + 1, products);
  training::Trainer trainer(std::vector<Json>(static_cast<std::size_t>(lanes), lane), data, device);
  using Clock = std::chrono::steady_clock;
  std::vector<double> times;
  Clock::time_point last;
  training::Hooks hooks;
  hooks.trace = [&](std::int64_t, std::int64_t, const training::StepResult*) {
    wait_for(device);
    const Clock::time_point now = Clock::now();
    times.push_back(std::chrono::duration<double, std::milli>(now - last).count());
    last = now;
  };
  hooks.should_stop = [&] { return static_cast<std::int64_t>(times.size()) > steps + warmup; };
  trainer.run(hooks);
  times.erase(times.begin());  // the call before the first step
  const std::vector<double> all = times;
  times.erase(times.begin(), times.begin() + warmup);
  const double sum = std::accumulate(times.begin(), times.end(), 0.0);
  // The median is not affected by the few steps that compute new eigenvectors.
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  const double median = times[times.size() / 2];
  double refresh = all.front();
  for (std::size_t i = 0; i < all.size(); i += static_cast<std::size_t>(steps_per_epoch)) {
    refresh = std::min(refresh, all[i]);
  }
  return {{"width", width},
          {"batch", batch},
          {"lanes", lanes},
          {"steps", times.size()},
          {"ms_per_step", median},
          {"ms_per_step_mean", sum / static_cast<double>(times.size())},
          {"ms_per_refresh", refresh - median},
          {"ms_per_model_and_step", median / static_cast<double>(lanes)}};
}

}  // namespace eigensweep::worker
