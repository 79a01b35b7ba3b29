// SPDX-License-Identifier: MIT
#include "training_record.hpp"

#include <optional>
#include <utility>

#include "eigensweep/core/version.hpp"
#include "eigensweep/models/store/safetensors.hpp"

namespace eigensweep::worker {
namespace {

wire::Record training_record(const std::string& trial, const training::LaneHistory& history) {
  wire::Record record;
  record.kind = wire::RecordKind::training;
  record.trial = trial;
  record.status = history.diverged.empty() ? wire::Status::ok : wire::Status::diverged;
  record.message = history.diverged;
  record.columns = {{"loss", wire::Array::of(history.loss)},
                    {"task_loss", wire::Array::of(history.task_loss)},
                    {"penalty", wire::Array::of(history.penalty)},
                    {"train_accuracy", wire::Array::of(history.train_accuracy)}};
  return record;
}

/// Networks on the host, apart from those that evaluations use meanwhile: one copy for each stacked tensor.
struct HostNetworks {
  std::vector<models::NamedTensor> tensors;  // [E, ...]
  std::vector<models::Snapshot> snapshots;
  std::vector<std::int64_t> input_shape;  // of one sample, as in DatasetInfo

  HostNetworks(const Networks& networks, const study::DatasetInfo& dataset)
      : snapshots(networks.snapshots), input_shape(dataset.input_shape) {
    for (const auto* list : {&networks.model->parameters(), &networks.model->buffers()}) {
      for (const models::NamedTensor& named : *list) {
        tensors.push_back({named.name, named.tensor.detach().to(torch::kCPU, /*non_blocking=*/false, /*copy=*/true)});
      }
    }
    for (models::Snapshot& snapshot : snapshots) {
      for (models::NamedTensor& named : snapshot.tensors) named.tensor = named.tensor.cpu();
    }
  }

  [[nodiscard]] models::TensorFile file_of(const wire::TaskLane& lane, std::int64_t index) const {
    models::TensorFile content;
    for (const models::NamedTensor& named : tensors) content.tensors.push_back({named.name, named.tensor[index]});
    content.metadata = {{"format", "pt"},
                        {"trial", lane.trial},
                        {"config", lane.config.dump()},
                        {"input_shape", Json(input_shape).dump()},
                        {"eigensweep", std::string(build_info().version)}};
    models::keep_snapshots(snapshots, index, content);
    return content;
  }
};

}  // namespace

std::future<void> send_training(const PackRun& pack, const std::vector<training::LaneHistory>& histories,
                                const Networks& networks, double seconds, const std::vector<std::string>& warnings,
                                std::function<void()> done) {
  std::vector<wire::Record> records;
  bool keeps_any = false;
  for (std::size_t lane = 0; lane < histories.size(); ++lane) {
    const wire::TaskLane& asked = pack.task.lanes[lane];
    wire::Record record = training_record(asked.trial, histories[lane]);
    if (!warnings.empty()) record.provenance["warnings"] = warnings;
    records.push_back(pack.completed(std::move(record), lane, seconds));
    keeps_any |= histories[lane].diverged.empty() && !asked.model_file.empty();
  }
  std::optional<HostNetworks> kept;
  if (keeps_any) kept.emplace(networks, pack.data().info);
  auto send = [&pack, records = std::move(records), kept = std::move(kept), done = std::move(done)]() mutable {
    for (std::size_t lane = 0; lane < records.size(); ++lane) {
      const wire::TaskLane& asked = pack.task.lanes[lane];
      if (records[lane].status == wire::Status::ok && !asked.model_file.empty()) {
        const models::TensorFile content = kept->file_of(asked, static_cast<std::int64_t>(lane));
        records[lane].provenance["model_sha256"] = models::write_tensors(asked.model_file, content);
      }
      pack.hooks.record(records[lane]);
    }
    done();
  };
  if (keeps_any) return std::async(std::launch::async, std::move(send));
  send();
  return {};
}

}  // namespace eigensweep::worker
