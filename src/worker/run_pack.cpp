// SPDX-License-Identifier: MIT
#include "eigensweep/worker/run_pack.hpp"

#include <algorithm>
#include <utility>

#include "eigensweep/catalog.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/core/here.hpp"
#include "eigensweep/models/finite.hpp"
#include "eigensweep/training/step_graph.hpp"
#include "evaluate.hpp"
#include "gradients_here.hpp"
#include "procedure.hpp"
#include "resolve.hpp"
#include "stopwatch.hpp"

namespace eigensweep::worker {
namespace {

// Checked on every machine, because the same path may be another file there.
void check_content(const wire::PackTask& task, const data::DeviceDataset& data) {
  if (task.dataset_sha256.empty() || task.dataset_sha256 == data.sha256) return;
  const Json& section = task.lanes.front().config.at("dataset");
  const auto kind = section.at("kind").get<std::string>();
  std::string place;
  for (const study::Option& option : catalog().find(study::Family::dataset, kind)->options.all()) {
    if (option.path && place.empty()) place = section.at(option.name).get<std::string>();
  }
  throw DataError(fmt::format(
      "/dataset: on {} the content of dataset '{}'{} has the hash {}, not {} as where the run began (numbers of two "
      "datasets would be mixed); give all machines the same files, and leave them alone while a study runs",
      host_name(), kind, place.empty() ? "" : fmt::format(" ({})", place), data.sha256, task.dataset_sha256));
}

/// Trains each lane alone, without a checkpoint, after one lane made the training of all fail.
Ending run_each(const wire::PackTask& task, Session& session, const PackHooks& hooks) {
  for (const wire::TaskLane& lane : task.lanes) {
    wire::PackTask alone = task;
    alone.lanes = {lane};
    alone.checkpoint_file.clear();
    if (const Ending ending = run_pack(alone, session, hooks); ending != Ending::finished) return ending;
  }
  return Ending::finished;
}

/// Waits for the training's records. Throws as send_training() says.
void expect_sent(Outcome& outcome) {
  if (outcome.sent.valid()) outcome.sent.get();
}

Ending evaluate_all(const PackRun& pack, Outcome& outcome) {
  const Networks& networks = outcome.networks;
  if (networks.model == nullptr) return Ending::finished;
  for (models::NamedTensor& named : networks.model->parameters()) named.tensor.requires_grad_(false);
  models::replace_lost(*networks.model, networks.lost);
  // The record of a diverged training stands for its evaluations too. A loaded network that is lost has no such record
  // in this pack, so each of its evaluations gets one.
  const bool was_trained = pack.task.lanes.front().train;
  const auto wants_records = [&](const std::string& reason) { return !was_trained || reason.empty(); };
  for (const wire::TaskEvaluation& evaluation : pack.task.evaluations) {
    if (std::none_of(networks.lost.begin(), networks.lost.end(), wants_records)) break;
    if (pack.hooks.should_stop && pack.hooks.should_stop()) return Ending::stopped;
    if (pack.hooks.progress) pack.hooks.progress(&evaluation, {});
    const Stopwatch watched;
    std::vector<wire::Record> records = evaluate(evaluation, pack.task, networks, pack.data());
    const double seconds = watched.seconds();
    expect_sent(outcome);
    for (std::size_t lane = 0; lane < records.size(); ++lane) {
      if (wants_records(networks.lost[lane])) pack.send(std::move(records[lane]), lane, seconds);
    }
  }
  return Ending::finished;
}

}  // namespace

Session::Session(const torch::Device& device) : device_(device) { training::use_stream_that_records(device); }

const data::DeviceDataset& Session::dataset(const Json& options) {
  auto& place = datasets_[options.dump()];
  if (!place) place = std::make_unique<data::DeviceDataset>(data::load(options), device_);
  return *place;
}

Ending run_pack(const wire::PackTask& asked, Session& session, const PackHooks& hooks) {
  const GradientsHere gradients;
  const wire::PackTask task = resolved(asked);
  const Procedure procedure = procedure_of(task);
  const Json& config = task.lanes.front().config;
  const data::DeviceDataset* dataset = config.contains("dataset") ? &session.dataset(config.at("dataset")) : nullptr;
  if (dataset != nullptr) check_content(task, *dataset);
  const PackRun pack{task, session, dataset, hooks};
  Outcome outcome = procedure(pack);
  switch (outcome.end) {
    case Outcome::End::finished: {
      const Ending ending = evaluate_all(pack, outcome);
      expect_sent(outcome);
      return ending;
    }
    case Outcome::End::stopped:
      return Ending::stopped;
    case Outcome::End::stopped_with_checkpoint:
      return Ending::stopped_with_checkpoint;
    case Outcome::End::spoilt:
      return run_each(task, session, hooks);
  }
  throw ContractViolation("a procedure without an end");
}

}  // namespace eigensweep::worker
