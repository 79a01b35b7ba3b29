// SPDX-License-Identifier: MIT
#include "training_record.hpp"

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

// Returns the hash of the file.
std::string keep(const wire::TaskLane& lane, std::int64_t index, const Networks& networks) {
  models::TensorFile content = models::lane_of(*networks.model, index);
  content.metadata = {{"format", "pt"},
                      {"trial", lane.trial},
                      {"config", lane.config.dump()},
                      {"eigensweep", std::string(build_info().version)}};
  models::keep_snapshots(networks.snapshots, index, content);
  return models::write_tensors(lane.model_file, content);
}

}  // namespace

void send_training(const PackRun& pack, const std::vector<training::LaneHistory>& histories, const Networks& networks,
                   double seconds, const std::vector<std::string>& warnings) {
  for (std::size_t lane = 0; lane < histories.size(); ++lane) {
    const wire::TaskLane& asked = pack.task.lanes[lane];
    wire::Record record = training_record(asked.trial, histories[lane]);
    if (!warnings.empty()) record.provenance["warnings"] = warnings;
    if (histories[lane].diverged.empty() && !asked.model_file.empty()) {
      record.provenance["model_sha256"] = keep(asked, static_cast<std::int64_t>(lane), networks);
    }
    pack.send(std::move(record), lane, seconds);
  }
}

}  // namespace eigensweep::worker
