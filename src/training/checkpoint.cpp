// SPDX-License-Identifier: MIT
// Checkpoints: a pack's training at any step, in one safetensors file with networks, optimiser, regularisers, the sums
// of the open epoch, snapshots and the networks of lanes that have ended.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/store/safetensors.hpp"
#include "eigensweep/training/trainer.hpp"

namespace eigensweep::training {
namespace {

constexpr const char* format_name = "eigensweep-checkpoint-2";
// It had an open epoch's sums, and no losses of single steps.
constexpr const char* first_format_name = "eigensweep-checkpoint-1";

void append(std::vector<models::NamedTensor>& all, const std::string& prefix,
            const std::vector<models::NamedTensor>& part) {
  for (const models::NamedTensor& named : part) all.push_back({prefix + named.name, named.tensor});
}

Json to_json(const LaneHistory& history) {
  // A diverged lane's last epoch is not finite, and JSON has no such numbers. Hexadecimal text keeps every bit.
  const auto texts = [](const std::vector<double>& values) {
    std::vector<std::string> written;
    for (const double value : values) written.push_back(fmt::format("{:a}", value));
    return written;
  };
  return {{"loss", texts(history.loss)},
          {"task_loss", texts(history.task_loss)},
          {"penalty", texts(history.penalty)},
          {"train_accuracy", texts(history.train_accuracy)},
          {"diverged", history.diverged}};
}

/// Why a file is not the expected checkpoint. load() adds the file's path.
struct Refusal {
  const char* why;
};

void expect(bool holds, const char* why) {
  if (!holds) throw Refusal{why};
}

std::int64_t whole_number(const nlohmann::json& json, std::int64_t most) {
  expect(json.is_number_unsigned() && std::cmp_less_equal(json.get<std::uint64_t>(), most),
         "its place in the training is not one of this study's");
  return json.get<std::int64_t>();
}

double number_from(const nlohmann::json& json) {
  const auto& text = json.get_ref<const std::string&>();
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  expect(!text.empty() && end == text.data() + text.size(), "a loss is no number");
  return value;
}

LaneHistory history_from(const nlohmann::json& json) {
  const auto values = [&](const char* name) {
    std::vector<double> read;
    for (const nlohmann::json& text : json.at(name)) read.push_back(number_from(text));
    return read;
  };
  LaneHistory history{values("loss"), values("task_loss"), values("penalty"), values("train_accuracy"),
                      json.at("diverged").get<std::string>()};
  const std::size_t epochs = history.loss.size();
  expect(
      history.task_loss.size() == epochs && history.penalty.size() == epochs && history.train_accuracy.size() == epochs,
      "the losses of a lane are of different numbers of epochs");
  return history;
}

}  // namespace

// Between epochs the regularisers' state is left out, because begin_epoch() recomputes it.
std::vector<models::NamedTensor> Trainer::state(bool in_epoch) {
  std::vector<models::NamedTensor> all;
  append(all, "parameter.", model_->parameters());
  append(all, "buffer.", model_->buffers());
  append(all, "optimizer.", optimizer_->state());
  for (std::size_t i = 0; i < regularizers_.size() && in_epoch; ++i) {
    append(all, fmt::format("regularizer.{}.", i), regularizers_[i]->state());
  }
  return all;
}

void Trainer::save(const std::filesystem::path& file, const std::vector<std::string>& trials) {
  Json position{{"format", format_name}, {"trials", trials},       {"dataset_sha256", data_.sha256}, {"epoch", epoch_},
                {"step", step_},         {"open", epoch_is_open_}, {"histories", Json::array()}};
  for (const LaneHistory& history : histories_) position["histories"].push_back(to_json(history));
  models::TensorFile content;
  content.tensors = state(epoch_is_open_);
  append(content.tensors, "", record_.state());
  for (std::size_t lane = 0; lane < ended_.size(); ++lane) {
    append(content.tensors, fmt::format("ended.{}.", lane), ended_[lane]);
  }
  for (std::size_t i = 0; i < snapshots_.size(); ++i) {
    append(content.tensors, fmt::format("snapshot.{}.", i), snapshots_[i].tensors);
    position["snapshots"].push_back(snapshots_[i].epochs);
  }
  content.metadata["position"] = position.dump();
  models::write_tensors(file, content);
}

void Trainer::load(const std::filesystem::path& file, const std::vector<std::string>& trials) {
  const models::TensorFile content = models::read_tensors(file);
  try {
    const auto text = content.metadata.find("position");
    expect(text != content.metadata.end(), "it is no checkpoint");
    const nlohmann::json position = nlohmann::json::parse(text->second);
    const nlohmann::json& format = position.at("format");
    expect(format == format_name || format == first_format_name, "it is a checkpoint of another version");
    expect(position.at("trials") == nlohmann::json(trials), "it is a checkpoint of other trials");
    // Older programs did not note the data.
    expect(position.value("dataset_sha256", data_.sha256) == data_.sha256, "it was trained on other data");
    restore(content, position);
  } catch (const Refusal& refusal) {
    throw DataError(fmt::format("{}: {}; delete it, and its trials start anew", file.string(), refusal.why));
  } catch (const nlohmann::json::exception&) {  // its message would quote arbitrary bytes
    throw DataError(fmt::format("{}: its place in the training cannot be read; delete it, and its trials start anew",
                                file.string()));
  }
}

// Checks everything before it changes anything, so that a refused file leaves the trainer as it was.
void Trainer::restore(const models::TensorFile& content, const nlohmann::json& position) {
  const torch::NoGradGuard no_grad;
  const bool is_open = position.at("open").get<bool>();
  const std::int64_t epoch = whole_number(position.at("epoch"), is_open ? training_.epochs - 1 : training_.epochs);
  const std::int64_t step = whole_number(position.at("step"), is_open ? batches_.count() : 0);
  if (is_open) {
    for (const auto& regularizer : regularizers_) regularizer->make_room(*model_, data_);
  }
  std::vector<Tensor> values;
  const std::vector<models::NamedTensor> places = state(is_open);
  for (const models::NamedTensor& place : places) values.push_back(content.at(place.name, place.tensor));

  const Tensor& sums = content.at("sums", record_.state().front().tensor);
  // Losses of the last steps: [at most `step`, E].
  const auto losses_of_steps = [&](const char* name) {
    const Tensor* found = content.find(name);
    if (found == nullptr) return Tensor();
    expect(
        found->dim() == 2 && found->size(0) <= step && found->size(1) == model_->lanes() && found->is_floating_point(),
        "its losses are of other steps");
    return *found;
  };
  const Tensor task_losses = losses_of_steps("task_losses"), penalties = losses_of_steps("penalties");

  // A copy of the networks, or of one lane's, under names that begin with `prefix`.
  const auto network = [&](const std::string& prefix, const auto& part) {
    std::vector<models::NamedTensor> copy;
    for (const auto* list : {&model_->parameters(), &model_->buffers()}) {
      for (const models::NamedTensor& named : *list) {
        copy.push_back({named.name, content.at(prefix + named.name, part(named.tensor)).to(named.tensor.device())});
      }
    }
    return copy;
  };
  std::vector<std::vector<models::NamedTensor>> ended(ended_.size());
  for (std::size_t lane = 0; lane < ended.size(); ++lane) {
    const std::string prefix = fmt::format("ended.{}.", lane);
    const auto is_lanes = [&](const models::NamedTensor& named) { return named.name.starts_with(prefix); };
    if (std::none_of(content.tensors.begin(), content.tensors.end(), is_lanes)) continue;
    ended[lane] = network(prefix, [&](const Tensor& all) { return all.select(0, static_cast<std::int64_t>(lane)); });
  }

  std::vector<LaneHistory> histories;
  for (const nlohmann::json& history : position.at("histories")) histories.push_back(history_from(history));
  expect(histories.size() == histories_.size(), "it has the losses of another number of lanes");
  for (std::size_t lane = 0; lane < histories.size(); ++lane) {
    const auto finished = static_cast<std::int64_t>(histories[lane].loss.size());
    const bool is_over = !histories[lane].diverged.empty() || !ended[lane].empty();
    expect(is_over ? finished <= epoch : finished == epoch, "the losses of a lane are of another number of epochs");
  }

  std::vector<models::Snapshot> snapshots;
  for (const nlohmann::json& epochs : position.value("snapshots", nlohmann::json::array())) {
    snapshots.emplace_back();
    for (const nlohmann::json& number : epochs)
      snapshots.back().epochs.push_back(whole_number(number, training_.epochs));
  }
  const auto due = std::upper_bound(snapshot_epochs_.begin(), snapshot_epochs_.end(), epoch) - snapshot_epochs_.begin();
  expect(snapshots.size() == static_cast<std::size_t>(due), "it has another number of snapshots");
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    std::vector<std::int64_t> epochs;
    for (const LaneHistory& history : histories) {
      epochs.push_back(std::min(snapshot_epochs_[i], static_cast<std::int64_t>(history.loss.size())));
    }
    expect(snapshots[i].epochs == epochs, "a snapshot is of another epoch");
    snapshots[i].tensors = network(fmt::format("snapshot.{}.", i), [](const Tensor& all) { return all; });
  }

  for (std::size_t i = 0; i < places.size(); ++i) places[i].tensor.detach().copy_(values[i]);
  if (is_open) record_.restore(sums, task_losses, penalties);
  epoch_ = epoch;
  step_ = step;
  epoch_is_open_ = is_open;
  histories_ = std::move(histories);
  snapshots_ = std::move(snapshots);
  ended_ = std::move(ended);
  if (epoch_is_open_) batches_.begin_epoch(epoch_);
}

}  // namespace eigensweep::training
