// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/training/trainer.hpp"
#include "eigensweep/wire/record.hpp"
#include "eigensweep/wire/task.hpp"

namespace eigensweep::worker {

/// What a worker keeps between packs: its device, and the datasets that it has loaded.
class Session {
 public:
  explicit Session(const torch::Device& device) : device_(device) {}
  [[nodiscard]] const torch::Device& device() const noexcept { return device_; }
  /// The dataset of a resolved "dataset" section; loaded once. Throws DataError.
  const data::DeviceDataset& dataset(const Json& options);

 private:
  torch::Device device_;
  std::map<std::string, std::unique_ptr<data::DeviceDataset>> datasets_;
};

/// How a pack's run is watched and stopped. `record` must not return before the record is on its way.
struct PackHooks {
  std::function<void(const wire::Record&)> record;
  /// `evaluation`: what runs on the trained networks; null while they are trained.
  std::function<void(const wire::TaskEvaluation* evaluation, const training::Progress&)> progress;
  std::function<bool()> wants_losses;
  std::function<bool()> should_stop;
  /// Sees the trainer before and after each step (oracles compare its weights with torch in Python).
  std::function<void(training::Trainer&, std::int64_t global_step, std::int64_t epoch, const training::StepResult*)>
      trace;
};

enum class Ending { finished, stopped_with_checkpoint, stopped };

/// The procedure of a pack: train (or load) its lanes, keep the networks, run every evaluation. Sends a training record
/// per trained lane as soon as training ends, then a record per lane and evaluation. Options that the task leaves out
/// stand at their defaults. Throws DataError, SystemError, std::bad_alloc / c10::OutOfMemoryError.
Ending run_pack(const wire::PackTask& task, Session& session, const PackHooks& hooks);

}  // namespace eigensweep::worker
