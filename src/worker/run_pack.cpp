// SPDX-License-Identifier: MIT
#include "eigensweep/worker/run_pack.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/here.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/core/version.hpp"
#include "eigensweep/kernels/limit_network.hpp"
#include "eigensweep/models/network_options.hpp"
#include "eigensweep/models/numerical.hpp"
#include "eigensweep/models/safetensors.hpp"
#include "eigensweep/worker/host.hpp"
#include "evaluate.hpp"
#include "resolve.hpp"

namespace eigensweep::worker {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::vector<Json> configs_of(const wire::Task& task) {
  std::vector<Json> configs;
  for (const wire::TaskLane& lane : task.lanes) configs.push_back(lane.config);
  return configs;
}

std::vector<std::string> trials_of(const wire::Task& task) {
  std::vector<std::string> trials;
  for (const wire::TaskLane& lane : task.lanes) trials.push_back(lane.trial);
  return trials;
}

Json provenance(const wire::Task& task, const Session& session, std::size_t lane, double seconds) {
  return {{"host", host_name()},
          {"device", device_name(session.device())},
          {"torch", torch_version()},
          {"eigensweep", std::string(build_info().version)},
          {"git_revision", std::string(build_info().git_revision)},
          {"threads", torch::get_num_threads()},
          {"cpus", cpu_list(allowed_cpus())},
          {"pack", task.pack},
          {"lane", lane},
          {"lanes", task.lanes.size()},
          {"dataset_sha256", ""},
          {"seconds", seconds}};
}

// On this machine, for other machines may see another file under the same name.
void check_content(const wire::Task& task, const data::DeviceDataset& data) {
  if (task.dataset_sha256.empty() || task.dataset_sha256 == data.sha256) return;
  const Json& options = task.lanes.front().config.at("dataset");
  std::string place;
  for (const char* option : {"file", "folder"}) {
    if (place.empty()) place = options.value(option, "");
  }
  throw DataError(fmt::format(
      "/dataset: on {} the content of dataset '{}'{} has the hash {}, not {} as where the run began (numbers of two "
      "datasets would be mixed); give all machines the same files, and leave them alone while a study runs",
      host_name(), options.at("kind").get<std::string>(), place.empty() ? "" : fmt::format(" ({})", place), data.sha256,
      task.dataset_sha256));
}

// Copied or renamed by hand; its numbers would be recorded as another network's.
void check_owner(const models::TensorFile& file, const std::string& trial) {
  const auto owner = file.metadata.find("trial");
  if (owner == file.metadata.end() || owner->second == trial) return;
  throw DataError(fmt::format("{}: holds the network of trial {}, not of {}; delete it, and it is made again",
                              file.file.string(), owner->second, trial));
}

// A broken checkpoint costs the time since the pack began, never the pack: it starts anew.
std::unique_ptr<training::Trainer> start_trainer(const wire::Task& task, const data::DeviceDataset& data,
                                                 const torch::Device& device) {
  auto trainer = std::make_unique<training::Trainer>(configs_of(task), data, device);
  if (task.checkpoint_file.empty() || !std::filesystem::exists(task.checkpoint_file)) return trainer;
  try {
    trainer->load(task.checkpoint_file, trials_of(task));
    log::info("pack {} goes on from its checkpoint", task.pack);
  } catch (const DataError& error) {
    log::warn("{}", error.what());
  }
  return trainer;
}

wire::Record training_record(const wire::Task& task, std::size_t lane, const training::LaneHistory& history) {
  wire::Record record;
  record.kind = wire::RecordKind::training;
  record.trial = task.lanes[lane].trial;
  record.status = history.diverged.empty() ? wire::Status::ok : wire::Status::diverged;
  record.message = history.diverged;
  record.columns = {{"loss", wire::Array::of(history.loss)},
                    {"task_loss", wire::Array::of(history.task_loss)},
                    {"penalty", wire::Array::of(history.penalty)},
                    {"train_accuracy", wire::Array::of(history.train_accuracy)}};
  return record;
}

/// Of a training in closed form: there is a loss after each epoch, and nothing else on the way.
training::LaneHistory history_of(const std::vector<double>& losses) {
  training::LaneHistory history;
  history.loss = history.task_loss = losses;
  history.penalty.assign(losses.size(), 0.0);
  history.train_accuracy.assign(losses.size(), std::numeric_limits<double>::quiet_NaN());
  return history;
}

std::string keep_model(const wire::TaskLane& lane, models::Model& model, std::int64_t index,
                       const std::vector<models::Snapshot>& snapshots) {
  models::TensorFile content = models::lane_of(model, index);
  content.metadata = {{"format", "pt"},
                      {"trial", lane.trial},
                      {"config", lane.config.dump()},
                      {"eigensweep", std::string(build_info().version)}};
  models::keep_snapshots(snapshots, index, content);
  return models::write_tensors(lane.model_file, content);
}

/// A network of infinite width is trained in closed form, for all lanes at once: seeds do not matter to it. `lost`: per
/// lane why it diverged.
std::unique_ptr<models::Model> train_limit(const wire::Task& task, const Session& session,
                                           const data::DeviceDataset& data, const PackHooks& hooks,
                                           std::vector<std::string>& lost) {
  const Clock::time_point start = Clock::now();
  const Json& config = task.lanes.front().config;
  auto network = std::make_unique<kernels::LimitNetwork>(
      config.at("model"), data.info, static_cast<std::int64_t>(task.lanes.size()), session.device());
  training::LaneHistory history;
  history.diverged = models::numerical_failure([&] {
    const Json& training = config.at("training");
    const auto learning_rate = training.at("optimizer").at("learning_rate").get<double>();
    history = history_of(network->train(data, study::read<study::Training>(training), learning_rate));
  });
  if (history.diverged.empty()) history.diverged = models::not_finite(*network).front();
  for (std::size_t lane = 0; lane < task.lanes.size(); ++lane) {
    lost[lane] = history.diverged;
    wire::Record record = training_record(task, lane, history);
    record.provenance = provenance(task, session, lane, seconds_since(start));
    record.provenance["dataset_sha256"] = data.sha256;
    if (lost[lane].empty() && !task.lanes[lane].model_file.empty()) {
      record.provenance["model_sha256"] = keep_model(task.lanes[lane], *network, static_cast<std::int64_t>(lane), {});
    }
    hooks.record(record);
  }
  return network;
}

/// Where one lane spoils the training of all: each by itself, without a checkpoint.
Ending run_each(const wire::Task& task, Session& session, const PackHooks& hooks) {
  for (const wire::TaskLane& lane : task.lanes) {
    wire::Task alone = task;
    alone.lanes = {lane};
    alone.checkpoint_file.clear();
    if (const Ending ending = run_pack(alone, session, hooks); ending != Ending::finished) return ending;
  }
  return Ending::finished;
}

}  // namespace

const data::DeviceDataset& Session::dataset(const Json& options) {
  auto& place = datasets_[options.dump()];
  if (!place) place = std::make_unique<data::DeviceDataset>(data::load(options), device_);
  return *place;
}

Ending run_pack(const wire::Task& asked, Session& session, const PackHooks& hooks) {
  const wire::Task task = resolved(asked);
  const bool train = task.lanes.front().train;
  for (const wire::TaskLane& lane : task.lanes) {
    if (lane.train != train)
      throw DataError(fmt::format("task {}: it mixes lanes to train with lanes to load", task.pack));
  }
  const data::DeviceDataset& data = session.dataset(task.lanes.front().config.at("dataset"));
  check_content(task, data);
  const std::vector<std::string> trials = trials_of(task);
  std::vector<std::string> lost(task.lanes.size());  // why a lane's network is none any more
  std::unique_ptr<training::Trainer> trainer;
  std::unique_ptr<models::Model> loaded;
  std::vector<models::Snapshot> kept;
  const Json& model_options = task.lanes.front().config.at("model");

  if (train && study::read<models::NetworkOptions>(model_options).is_infinite()) {
    loaded = train_limit(task, session, data, hooks, lost);
  } else if (train) {
    const Clock::time_point start = Clock::now();
    trainer = start_trainer(task, data, session.device());
    training::Hooks watch;
    watch.wants_losses = hooks.wants_losses;
    watch.should_stop = hooks.should_stop;
    if (hooks.progress) watch.progress = [&](const training::Progress& progress) { hooks.progress(nullptr, progress); };
    if (hooks.trace) {
      watch.trace = [&](std::int64_t step, std::int64_t epoch, const training::StepResult* result) {
        hooks.trace(*trainer, step, epoch, result);
      };
    }
    Clock::time_point saved = start;
    if (!task.checkpoint_file.empty() && task.checkpoint_every > 0) {
      watch.epoch_done = [&] {
        if (seconds_since(saved) < task.checkpoint_every) return;
        trainer->save(task.checkpoint_file, trials);
        saved = Clock::now();
      };
    }
    bool is_over = true;
    const std::string failure = models::numerical_failure([&] { is_over = trainer->run(watch); });
    if (!failure.empty() && task.lanes.size() > 1) {
      std::filesystem::remove(task.checkpoint_file);
      return run_each(task, session, hooks);
    }
    if (!is_over) {
      if (task.checkpoint_file.empty()) return Ending::stopped;
      trainer->save(task.checkpoint_file, trials);
      return Ending::stopped_with_checkpoint;
    }
    const double seconds = seconds_since(start);
    for (std::size_t lane = 0; lane < task.lanes.size(); ++lane) {
      training::LaneHistory history = trainer->histories()[lane];
      if (history.diverged.empty()) history.diverged = failure;
      lost[lane] = history.diverged;
      wire::Record record = training_record(task, lane, history);
      record.provenance = provenance(task, session, lane, seconds);
      record.provenance["dataset_sha256"] = data.sha256;
      if (const auto remarks = trainer->remarks(); !remarks.empty()) record.provenance["warnings"] = remarks;
      if (lost[lane].empty() && !task.lanes[lane].model_file.empty()) {
        record.provenance["model_sha256"] =
            keep_model(task.lanes[lane], trainer->model(), static_cast<std::int64_t>(lane), trainer->snapshots());
      }
      hooks.record(record);
    }
    if (!task.checkpoint_file.empty()) file::remove(task.checkpoint_file);
  } else {
    std::vector<std::uint64_t> seeds;
    for (const wire::TaskLane& lane : task.lanes) seeds.push_back(lane.config.at("seed").get<std::uint64_t>());
    loaded = kernels::make_network(model_options, data.info, seeds, session.device());
    loaded->attach(data.train_images);
    std::vector<models::TensorFile> files;
    for (std::size_t lane = 0; lane < task.lanes.size(); ++lane) {
      files.push_back(models::read_tensors(task.lanes[lane].model_file));
      check_owner(files.back(), task.lanes[lane].trial);
      models::load_lane(*loaded, static_cast<std::int64_t>(lane), files.back());
    }
    if (!study::read<models::NetworkOptions>(model_options).is_infinite())
      kept = models::kept_snapshots(*loaded, files);
  }

  models::Model& model = trainer ? trainer->model() : *loaded;
  for (models::NamedTensor& named : model.parameters()) named.tensor.requires_grad_(false);
  if (!train) lost = models::not_finite(model);
  models::replace_lost(model, lost);
  const std::vector<models::Snapshot>& snapshots = trainer ? trainer->snapshots() : std::as_const(kept);
  const Networks networks{model, snapshots, lost};
  // A training that diverged says so itself, for all that was to follow; a kept network has records of its own.
  const auto wants_records = [&](const std::string& reason) { return !train || reason.empty(); };
  for (const wire::TaskEvaluation& evaluation : task.evaluations) {
    if (std::none_of(lost.begin(), lost.end(), wants_records)) break;
    if (hooks.should_stop && hooks.should_stop()) return Ending::stopped;
    if (hooks.progress) hooks.progress(&evaluation, {});
    const Clock::time_point start = Clock::now();
    std::vector<wire::Record> records = evaluate(evaluation, task, networks, data);
    const double seconds = seconds_since(start);
    for (std::size_t lane = 0; lane < records.size(); ++lane) {
      if (!wants_records(lost[lane])) continue;
      records[lane].provenance = provenance(task, session, lane, seconds);
      records[lane].provenance["dataset_sha256"] = data.sha256;
      hooks.record(records[lane]);
    }
  }
  return Ending::finished;
}

}  // namespace eigensweep::worker
