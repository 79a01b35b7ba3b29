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

/// What a worker keeps between packs: its device and the loaded datasets.
class Session {
 public:
  /// Chooses the stream on which this thread uses the device.
  explicit Session(const torch::Device& device);
  [[nodiscard]] const torch::Device& device() const noexcept { return device_; }
  /// The dataset of a resolved "dataset" section; loaded once. Throws DataError.
  const data::DeviceDataset& dataset(const Json& options);

 private:
  torch::Device device_;
  std::map<std::string, std::unique_ptr<data::DeviceDataset>> datasets_;
};

/// Callbacks that watch and stop the run of a pack.
struct PackHooks {
  /// Must send or store the record before it returns. Training records come from a thread that writes networks, one
  /// after another, while other hooks may run.
  std::function<void(const wire::Record&)> record;
  /// `evaluation`: the running evaluation; null in training.
  std::function<void(const wire::TaskEvaluation* evaluation, const training::Progress&)> progress;
  std::function<bool()> wants_losses;
  std::function<bool()> should_stop;
  /// Called before the first step (with a null result) and after each step, for tests that compare weights with torch
  /// in Python.
  std::function<void(training::Trainer&, std::int64_t global_step, std::int64_t epoch, const training::StepResult*)>
      trace;
};

enum class Ending { finished, stopped_with_checkpoint, stopped };

/// Runs a pack: trains or loads its lanes, saves the trained networks while the first evaluation runs, runs every
/// evaluation. Sends a training record per trained lane when its network is saved, then a record per lane and
/// evaluation. Options that are missing in the
/// task have their defaults. Throws DataError, SystemError, std::bad_alloc and c10::Error.
Ending run_pack(const wire::PackTask& task, Session& session, const PackHooks& hooks);

}  // namespace eigensweep::worker
