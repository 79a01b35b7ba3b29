// SPDX-License-Identifier: MIT
#include "eigensweep/training/step_graph.hpp"

#include <ATen/DeviceAccelerator.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <fmt/format.h>
#include <torch/version.h>

#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/switch.hpp"
#include "eigensweep/core/text.hpp"
#if __has_include(<ATen/core/GraphImplInterface.h>)
#include <ATen/core/GraphImplInterface.h>
#define EIGENSWEEP_HAS_GRAPHS
#endif

namespace eigensweep::training {

bool asks_for_recorded_steps() { return is_switched_on("EIGENSWEEP_STEP_GRAPHS", "to record training steps"); }

#ifdef EIGENSWEEP_HAS_GRAPHS
namespace {
bool can_record(const torch::Device& device) { return at::has_graph_impl(device.type()); }
}  // namespace

struct StepGraph::Recorder {
  std::unique_ptr<at::GraphImplInterface> graph;

  /// Records what `work` asks the device for, which does none of it.
  void record(const torch::Device& device, const std::function<void()>& work) {
    std::unique_ptr<at::GraphImplInterface> next = at::create_graph_impl(device.type());
    // The memory of the record before serves this one, which takes its place.
    next->capture_begin(graph ? graph->pool() : at::MempoolId_t{0, 0}, at::GraphCaptureMode::ThreadLocal);
    try {
      work();
    } catch (...) {
      try {
        next->capture_end();
      } catch (const c10::Error&) {  // says the same as the error under way
      }
      throw;
    }
    next->capture_end();
    graph = std::move(next);
  }
  void replay() const { graph->replay(); }
};
#else
namespace {
bool can_record(const torch::Device&) { return false; }
}  // namespace

struct StepGraph::Recorder {
  void record(const torch::Device&, const std::function<void()>&) { throw ContractViolation("no graphs"); }
  void replay() const {}
};
#endif

void use_stream_that_records(const torch::Device& device) {
  if (!asks_for_recorded_steps() || !can_record(device)) return;
  const c10::impl::VirtualGuardImpl guard(device.type());
  at::accelerator::setCurrentStream(guard.getStreamFromGlobalPool(device));
}

namespace {

StepResult copy_of(const StepResult& result) {
  const auto copy = [](const Tensor& tensor) { return tensor.defined() ? tensor.clone() : tensor; };
  return {copy(result.task_loss), copy(result.penalty), copy(result.rank), result.task_weight};
}

std::vector<Tensor> copies_of(const std::vector<models::NamedTensor>& state) {
  std::vector<Tensor> copies;
  for (const models::NamedTensor& named : state) copies.push_back(named.tensor.detach().clone());
  return copies;
}

void restore(const std::vector<models::NamedTensor>& state, const std::vector<Tensor>& copies) {
  const torch::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < state.size(); ++i) Tensor(state[i].tensor).copy_(copies[i]);
}

/// The same numbers; NaN equals itself.
bool same(const Tensor& one, const Tensor& other) {
  if (!one.defined() || !other.defined()) return one.defined() == other.defined();
  return one.eq(other).logical_or(one.ne(one).logical_and(other.ne(other))).all().item<bool>();
}

bool same(const StepResult& one, const StepResult& other) {
  return same(one.task_loss, other.task_loss) && same(one.penalty, other.penalty) && same(one.rank, other.rank);
}

bool same(const std::vector<Tensor>& copies, const std::vector<models::NamedTensor>& state) {
  for (std::size_t i = 0; i < state.size(); ++i) {
    if (!same(copies[i], state[i].tensor)) return false;
  }
  return true;
}

}  // namespace

StepGraph::StepGraph(const torch::Device& device, State state) : device_(device), state_(std::move(state)) {
  if (!can_record(device)) trouble_ = fmt::format("LibTorch {} cannot record them on {}", TORCH_VERSION, device.str());
}
StepGraph::~StepGraph() = default;

void StepGraph::begin_epoch() { steps_ = 0; }

StepResult StepGraph::run(const Tensor& index, const Step& step) {
  const std::int64_t before = steps_++;
  // The first step of an epoch also forms what later ones find: a record must not hold that.
  if (before == 0 || !trouble_.empty()) return step(index);
  if (before > 1) return replay(index);
  if (!is_tested_) return record_and_test(index, step);
  return record(step) ? replay(index) : step(index);
}

// On a device that is lost, whatever comes next fails with the reason.
bool StepGraph::record(const Step& step) {
  result_ = {};
  if (!recorder_) recorder_ = std::make_unique<Recorder>();
  try {
    recorder_->record(device_, [&] { result_ = step(index_); });
  } catch (const c10::Error& error) {
    trouble_ = text::first_line(error.what_without_backtrace());
  }
  return trouble_.empty();
}

StepResult StepGraph::replay(const Tensor& index) {
  index_.copy_(index);
  recorder_->replay();
  is_replayed_ = true;
  return copy_of(result_);  // the next replay writes over it
}

StepResult StepGraph::record_and_test(const Tensor& index, const Step& step) {
  const std::vector<models::NamedTensor> state = state_();
  const std::vector<Tensor> before = copies_of(state);
  StepResult result = step(index);
  const std::vector<Tensor> after = copies_of(state);
  restore(state, before);
  index_ = index.clone();
  if (record(step) && (!same(result, replay(index)) || !same(after, state))) {
    is_replayed_ = false;
    trouble_ = "a recorded step gave other numbers than the step itself";
  }
  is_tested_ = true;
  restore(state, after);
  return result;
}

}  // namespace eigensweep::training
