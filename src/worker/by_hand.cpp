// SPDX-License-Identifier: MIT
#include "eigensweep/worker/by_hand.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>

#include "eigensweep/core/file.hpp"
#include "eigensweep/models/store/safetensors.hpp"
#include "eigensweep/worker/run_pack.hpp"

namespace eigensweep::worker {
namespace {

Json list_of(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.to(torch::kCPU, torch::kFloat64).contiguous();
  return std::vector<double>(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
}

Json to_json(const wire::Record& record) {
  Json columns = Json::object();
  for (const auto& [name, array] : record.columns) columns[name] = {{"shape", array.shape}, {"values", array.values()}};
  return {
      {"trial", record.trial},          {"evaluation", record.evaluation}, {"status", wire::to_string(record.status)},
      {"message", record.message},      {"strengths", record.intensities}, {"columns", columns},
      {"provenance", record.provenance}};
}

wire::PackTask read_task(const std::filesystem::path& file) {
  try {
    return wire::task_from_json(Json::parse(file::read(file)));
  } catch (const nlohmann::json::exception& error) {
    throw DataError(fmt::format("{}: no task: {}", file.string(), error.what()));
  }
}

class Tracer {
 public:
  explicit Tracer(const ByHand& request) : request_(request) {
    if (!request.trace.empty()) {
      losses_.open(request.trace);
      if (!losses_) throw SystemError(fmt::format("{}: cannot write the trace", request.trace));
    }
    if (!request.trace_weights.empty()) file::make_folder(request.trace_weights);
  }

  void operator()(training::Trainer& trainer, std::int64_t step, std::int64_t epoch,
                  const training::StepResult* result) {
    if (result != nullptr && losses_.is_open()) {
      losses_ << Json{{"step", step - 1},
                      {"epoch", epoch},
                      {"loss", list_of(result->loss())},
                      {"task_loss", list_of(result->task_loss)},
                      {"penalty",
                       list_of(result->penalty.defined() ? result->penalty : torch::zeros_like(result->task_loss))}}
              << '\n';
    }
    if (request_.trace_weights.empty() ||
        std::find(request_.trace_steps.begin(), request_.trace_steps.end(), step) == request_.trace_steps.end()) {
      return;
    }
    for (std::int64_t lane = 0; lane < trainer.model().lanes(); ++lane) {
      models::write_tensors(
          std::filesystem::path(request_.trace_weights) / fmt::format("step-{:06}-lane{}.safetensors", step, lane),
          models::lane_of(trainer.model(), lane));
    }
  }

 private:
  const ByHand& request_;
  std::ofstream losses_;
};

}  // namespace

ExitCode run_by_hand(const torch::Device& device, const ByHand& request) {
  const wire::PackTask task = read_task(request.task);
  Session session(device);
  Tracer tracer(request);
  PackHooks hooks;
  hooks.record = [](const wire::Record& record) { std::cout << to_json(record).dump() << std::endl; };
  if (!request.trace.empty() || !request.trace_weights.empty()) {
    hooks.trace = [&](training::Trainer& trainer, std::int64_t step, std::int64_t epoch,
                      const training::StepResult* result) { tracer(trainer, step, epoch, result); };
  }
  run_pack(task, session, hooks);
  return ExitCode::ok;
}

}  // namespace eigensweep::worker
