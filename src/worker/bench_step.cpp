// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "eigensweep/catalog.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/training/trainer.hpp"
#include "eigensweep/worker/by_hand.hpp"
#include "eigensweep/worker/host.hpp"
#include "eigensweep/worker/run_pack.hpp"
#include "gradients_here.hpp"

namespace eigensweep::worker {
namespace {

constexpr std::int64_t warmup = 3;  // steps

std::vector<Json> lanes_of(const StepBench& asked) {
  Json document{{"name", "bench"},
                {"seed", {{"sweep", {{"range", {0, asked.lanes - 1, 1}}}}}},
                {"dataset", {{"kind", "mnist"}, {"test_samples", 10}}},
                {"model", {{"kind", "mlp"}, {"width", asked.width}}},
                {"training",
                 {{"epochs", 1'000'000},  // the clock ends it before
                  {"batch_size", asked.batch},
                  {"batch_order", "shared"},
                  {"last_batch", "drop"},
                  {"optimizer", {{"kind", "adam"}, {"amsgrad", true}}}}},
                {"regularizers", {{"spectral", {{"kind", "spectral"}}}}}};
  document.merge_patch(asked.change);
  const study::Study study = study::parse_study(document.dump(), "--bench-step", catalog());
  std::vector<Json> lanes;
  for (const study::Trial& trial : study.trials) lanes.push_back(study.config(trial));
  if (static_cast<std::int64_t>(lanes.size()) != asked.lanes) {
    throw ConfigError(fmt::format("--bench-step: {} lanes were asked for, and the study has {} trials; sweep nothing",
                                  asked.lanes, lanes.size()));
  }
  return lanes;
}

/// Reads the clock between steps, when the device has done what it was asked for, and sorts the times.
class StepClock {
 public:
  StepClock(const StepBench& asked, const torch::Device& device, std::int64_t steps_per_epoch)
      : asked_(asked), device_(device), per_epoch_(steps_per_epoch) {}

  void after(std::int64_t step) {
    const bool is_first = step % per_epoch_ == 1, is_last = step % per_epoch_ == 0;
    if (!is_first && !is_last && step != warmup && step - at_ < asked_.block) return;
    if (device_.is_cuda()) torch::cuda::synchronize(device_.index());
    const Clock::time_point now = Clock::now();
    const double passed = std::chrono::duration<double, std::milli>(now - last_).count();
    const auto steps = static_cast<double>(step - at_);
    if (is_first) begun_.push_back(passed);
    if (step > warmup) {
      if (!is_first) blocks_.push_back(passed / steps);
      sum_ += passed;
    }
    last_ = now;
    at_ = step;
  }

  [[nodiscard]] bool is_enough() const {
    const double seconds = sum_ / 1e3;
    if (at_ < warmup + asked_.steps) return false;
    return (seconds >= asked_.seconds && begun_.size() >= 2) || seconds >= 4 * asked_.seconds;
  }

  /// The medians are not affected by the few steps that compute new eigenvectors.
  [[nodiscard]] Json times() {
    EIGENSWEEP_EXPECT(!blocks_.empty());
    std::sort(blocks_.begin(), blocks_.end());
    const auto share = [&](std::size_t quarters) { return blocks_[(blocks_.size() - 1) * quarters / 4]; };
    // The first begins a new trainer, and may be the first of the process.
    const auto from = begun_.begin() + (begun_.size() > 1 ? 1 : 0);
    const std::int64_t steps = at_ - warmup;
    return {{"steps", steps},
            {"ms_per_step", share(2)},
            {"ms_per_step_quartiles", {share(1), share(3)}},
            {"ms_per_step_mean", sum_ / static_cast<double>(steps)},
            {"ms_per_refresh", std::max(*std::min_element(from, begun_.end()) - share(2), 0.0)},
            {"refreshes", begun_.end() - from},
            {"ms_per_model_and_step", share(2) / static_cast<double>(asked_.lanes)}};
  }

 private:
  using Clock = std::chrono::steady_clock;
  const StepBench& asked_;
  torch::Device device_;
  std::int64_t per_epoch_;
  Clock::time_point last_ = Clock::now();
  std::int64_t at_ = 0;         // steps done at the last reading
  double sum_ = 0;              // milliseconds since the warm-up
  std::vector<double> begun_;   // milliseconds of an epoch's first step
  std::vector<double> blocks_;  // milliseconds per step of the others
};

}  // namespace

StepBench step_bench(const Json& request) {
  StepBench asked;
  asked.width = request.at("width").get<std::int64_t>();
  asked.batch = request.at("batch").get<std::int64_t>();
  asked.lanes = request.at("lanes").get<std::int64_t>();
  asked.steps = request.value("steps", asked.steps);
  asked.seconds = request.value("seconds", asked.seconds);
  asked.block = request.value("block", asked.block);
  asked.change = request.value("change", asked.change);
  return asked;
}

Json bench_step(Session& session, const StepBench& asked) {
  const GradientsHere gradients;
  const std::vector<Json> lanes = lanes_of(asked);
  const data::DeviceDataset& data = session.dataset(lanes.front().at("dataset"));
  const std::int64_t steps_per_epoch = data.info.train_samples / asked.batch;
  if (steps_per_epoch < 2 || asked.steps < 1 || asked.block < 1) {
    throw ConfigError(
        fmt::format("--bench-step: batches of {} make {} steps of an epoch, {} steps are asked for in blocks of {} (an "
                    "epoch's first step is timed apart); ask for two or more of an epoch, and at least one",
                    asked.batch, steps_per_epoch, asked.steps, asked.block));
  }
  training::Trainer trainer(lanes, data, session.device());
  StepClock clock(asked, session.device(), steps_per_epoch);
  bool is_finite = true;
  training::Hooks hooks;
  hooks.trace = [&](std::int64_t step, std::int64_t, const training::StepResult* result) {
    clock.after(step);
    if (clock.is_enough()) is_finite = torch::isfinite(result->loss()).all().item<bool>();
  };
  hooks.should_stop = [&] { return clock.is_enough(); };
  if (trainer.run(hooks) || !is_finite) throw NumericalError("--bench-step: the training diverged");
  Json answer{
      {"width", asked.width}, {"batch", asked.batch}, {"lanes", asked.lanes}, {"steps_per_epoch", steps_per_epoch}};
  answer.update(clock.times());
  answer["steps_are_replayed"] = trainer.replays_steps();
  answer["remarks"] = trainer.remarks();
  return answer;
}

ExitCode bench_requests(Session& session) {
  std::string line;
  while (std::getline(std::cin, line)) {
    StepBench asked;
    try {
      asked = step_bench(Json::parse(line));
    } catch (const nlohmann::json::exception& error) {
      throw ConfigError(fmt::format("--bench-requests: no request: {}", error.what()));
    }
    std::cout << bench_step(session, asked) << std::endl;
    give_back_freed_memory(session.device());
  }
  return ExitCode::ok;
}

}  // namespace eigensweep::worker
