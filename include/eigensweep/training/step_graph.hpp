// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/training/stepper.hpp"

namespace eigensweep::training {

/// Whether the environment variable EIGENSWEEP_STEP_GRAPHS asks for recorded steps (CUDA graphs). Throws ConfigError if
/// it is neither 1 nor 0.
bool asks_for_recorded_steps();

/// Makes a stream of its own the current one of this thread, where steps are recorded: a device records no other. Must
/// be called before the thread makes tensors. Throws as asks_for_recorded_steps() does.
void use_stream_that_records(const torch::Device& device);

/// The training steps of one pack, each asked for in one call instead of some forty.
///
/// In each epoch the first step runs as it is. The second is recorded, and the record is replayed for it and for all
/// later steps. They must be alike in everything but the samples. The first record of a training is tested: it has to
/// leave the same bits as the step itself. Where it does not, or where the device cannot or does not record, all steps
/// run as they are. No CPU can; LibTorch 2.13 has what a GPU needs for it.
class StepGraph {
 public:
  using Step = std::function<StepResult(const Tensor& index)>;
  using State = std::function<std::vector<models::NamedTensor>()>;

  /// `state`: all tensors that a step changes.
  StepGraph(const torch::Device& device, State state);
  ~StepGraph();
  StepGraph(const StepGraph&) = delete;
  StepGraph& operator=(const StepGraph&) = delete;

  /// From here on steps may differ from those before.
  void begin_epoch();
  /// Does what `step(index)` does.
  StepResult run(const Tensor& index, const Step& step);
  /// Why steps are not recorded though they should be, in one line, or "".
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
  [[nodiscard]] bool is_replayed() const noexcept { return is_replayed_; }

 private:
  struct Recorder;
  /// Returns false, with the reason in trouble_, if the device refuses.
  bool record(const Step& step);
  /// Replays what is recorded.
  StepResult replay(const Tensor& index);
  /// The first record's test. Leaves what the step left.
  StepResult record_and_test(const Tensor& index, const Step& step);

  torch::Device device_;
  State state_;
  std::unique_ptr<Recorder> recorder_;  // null before the first record
  std::int64_t steps_ = 0;              // of this epoch
  bool is_tested_ = false;
  bool is_replayed_ = false;  // any step was
  std::string trouble_;
  Tensor index_;       // where a replay reads the numbers of its samples
  StepResult result_;  // where a replay leaves what it saw
};

}  // namespace eigensweep::training
