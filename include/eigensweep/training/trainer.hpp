// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/store/snapshot.hpp"
#include "eigensweep/study/declare/training.hpp"
#include "eigensweep/training/batches.hpp"
#include "eigensweep/training/epoch_record.hpp"
#include "eigensweep/training/step_graph.hpp"
#include "eigensweep/training/stepper.hpp"

namespace eigensweep::training {

/// Where a training stands; losses are of the last step, one per lane.
struct Progress {
  std::int64_t epoch = 0;  ///< finished epochs
  std::int64_t epochs = 0;
  std::int64_t step = 0;  ///< finished steps of the current epoch
  std::int64_t steps = 0;
  std::vector<double> losses;
};

/// What a caller may watch or ask for. Empty functions are not called.
struct Hooks {
  std::function<void(const Progress&)> progress;  ///< after every step; `losses` is filled in only when wants_losses()
  std::function<bool()> wants_losses;             ///< reading losses waits for the device: only when they are shown
  std::function<bool()> should_stop;              ///< asked after every step
  std::function<void()> epoch_done;               ///< between an epoch's end and the next one's start
  /// Before the first step (global_step 0, no result) and after each step (global_step = steps done so far).
  std::function<void(std::int64_t global_step, std::int64_t epoch, const StepResult*)> trace;
};

/// A lane's history so far, and why it diverged, if it did.
struct LaneHistory {
  std::vector<double> loss, task_loss, penalty, train_accuracy;  ///< one value per epoch
  std::string diverged;                                          ///< the reason, one line; "" while it has not diverged
};

/// Trains the lanes of one pack side by side. A lane that diverges is marked with its reason. A lane that reaches
/// "stop_loss" keeps its network of that moment. The others go on.
class Trainer {
 public:
  /// `configs`: the lanes' resolved configurations; they differ in seed and per-lane options only.
  Trainer(std::vector<Json> configs, const data::DeviceDataset& data, const torch::Device& device);

  /// Trains to the last epoch, or until every lane has diverged or reached "stop_loss", and returns true. Returns false
  /// when asked to stop.
  bool run(const Hooks& hooks);

  [[nodiscard]] models::Model& model() noexcept { return *model_; }
  /// Takes the networks out of a finished trainer, so that the rest of it can be freed.
  [[nodiscard]] std::unique_ptr<models::Model> take_model() && { return std::move(model_); }
  [[nodiscard]] const std::vector<LaneHistory>& histories() const noexcept { return histories_; }
  /// The networks during training, as the option "snapshots" asks; complete once run() has returned true.
  [[nodiscard]] const std::vector<models::Snapshot>& snapshots() const noexcept { return snapshots_; }
  /// Whether steps were recorded and replayed.
  [[nodiscard]] bool replays_steps() const noexcept { return step_graph_ && step_graph_->is_replayed(); }
  /// Notes on how steps, penalties and constraints were computed, one line each.
  [[nodiscard]] std::vector<std::string> remarks() const;

  /// Writes everything that is needed to go on after the last finished step with the same numbers. `trials`: ids of the
  /// lanes, which load() compares.
  void save(const std::filesystem::path& file, const std::vector<std::string>& trials);
  /// Brings a trainer that has not run to the state in the file. Throws DataError, and leaves the trainer as it was, if
  /// the file is not a checkpoint of these trials or this training could not have written it.
  void load(const std::filesystem::path& file, const std::vector<std::string>& trials);

 private:
  void begin_epoch();
  void end_epoch();
  StepResult step();
  void report(const Hooks& hooks, const StepResult& result) const;
  void set_down(std::int64_t lane, const std::string& reason);
  [[nodiscard]] bool is_over() const;  // every lane has diverged or ended
  void keep(std::size_t lane);
  void take_snapshot();
  void bring_back_ended();
  [[nodiscard]] double rate_factor() const;
  void restore(const models::TensorFile& content, const nlohmann::json& position);
  std::vector<models::NamedTensor> state(bool in_epoch);

  std::vector<Json> configs_;
  study::Training training_;         // equal in all lanes, except for stop_loss
  std::vector<double> stop_losses_;  // per lane
  const data::DeviceDataset& data_;
  std::unique_ptr<models::Model> model_;
  std::unique_ptr<Task> task_;
  std::vector<std::string> regularizer_labels_;
  std::vector<std::unique_ptr<regularizers::Regularizer>> regularizers_;
  std::vector<std::string> constraint_labels_;
  std::vector<std::unique_ptr<constraints::Constraint>> constraints_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Stepper> stepper_;
  std::unique_ptr<StepGraph> step_graph_;  // null where no step is to be recorded
  Batches batches_;
  std::int64_t epoch_ = 0;      // finished epochs
  std::int64_t step_ = 0;       // finished steps of the current epoch
  bool epoch_is_open_ = false;  // order drawn and regularizers renewed
  std::vector<LaneHistory> histories_;
  std::vector<std::int64_t> snapshot_epochs_;
  std::vector<models::Snapshot> snapshots_;
  std::vector<std::vector<models::NamedTensor>> ended_;  // per lane: its tensors [...] when it reached stop_loss
  EpochRecord record_;                                   // of the open epoch
};

}  // namespace eigensweep::training
