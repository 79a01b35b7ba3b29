// SPDX-License-Identifier: MIT
// A pack's training in the middle, in one safetensors file: networks, optimiser, regularisers and the sums of the open
// epoch.
#include "eigensweep/core/error.hpp"
#include "eigensweep/models/safetensors.hpp"
#include "eigensweep/training/trainer.hpp"

namespace eigensweep::training {
namespace {

constexpr const char* format_name = "eigensweep-checkpoint-1";

void append(std::vector<models::NamedTensor>& all, const std::string& prefix,
            const std::vector<models::NamedTensor>& part) {
  for (const models::NamedTensor& named : part) all.push_back({prefix + named.name, named.tensor});
}

Json to_json(const LaneHistory& history) {
  // The last epoch of a diverged lane is not finite, and JSON has no such numbers: bits survive as text.
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

LaneHistory history_from(const Json& json) {
  const auto values = [](const Json& texts) {
    std::vector<double> read;
    for (const Json& text : texts) read.push_back(std::stod(text.get<std::string>()));
    return read;
  };
  return {values(json.at("loss")), values(json.at("task_loss")), values(json.at("penalty")),
          values(json.at("train_accuracy")), json.at("diverged").get<std::string>()};
}

}  // namespace

std::vector<models::NamedTensor> Trainer::state() {
  std::vector<models::NamedTensor> all;
  append(all, "parameter.", model_->parameters());
  append(all, "buffer.", model_->buffers());
  append(all, "optimizer.", optimizer_->state());
  all.push_back({"sums", sums_});
  return all;
}

void Trainer::save(const std::filesystem::path& file, const std::vector<std::string>& trials) {
  Json position{{"format", format_name}, {"trials", trials},       {"epoch", epoch_},
                {"step", step_},         {"open", epoch_is_open_}, {"histories", Json::array()}};
  for (const LaneHistory& history : histories_) position["histories"].push_back(to_json(history));
  models::TensorFile content;
  content.tensors = state();
  for (std::size_t i = 0; i < regularizers_.size(); ++i) {
    append(content.tensors, fmt::format("regularizer.{}.", i), regularizers_[i]->state());
  }
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
  const auto refuse = [&](const std::string& why) {
    return DataError(fmt::format("{}: {}; delete it, and its trials start anew", file.string(), why));
  };
  try {
    const Json position = Json::parse(content.metadata.at("position"));
    if (position.at("format") != format_name) throw refuse("it is a checkpoint of another version");
    if (position.at("trials") != Json(trials)) throw refuse("it is a checkpoint of other trials");
    const torch::NoGradGuard no_grad;
    for (const models::NamedTensor& named : state()) named.tensor.detach().copy_(content.at(named.name));
    const auto with_prefix = [&](const std::string& prefix) {
      std::vector<models::NamedTensor> kept;
      for (const models::NamedTensor& named : content.tensors) {
        if (named.name.starts_with(prefix)) {
          kept.push_back({named.name.substr(prefix.size()), named.tensor.to(data_.train_images.device())});
        }
      }
      return kept;
    };
    for (std::size_t i = 0; i < regularizers_.size(); ++i) {
      regularizers_[i]->restore(with_prefix(fmt::format("regularizer.{}.", i)));
    }
    for (std::size_t lane = 0; lane < ended_.size(); ++lane) ended_[lane] = with_prefix(fmt::format("ended.{}.", lane));
    snapshots_.clear();
    for (const Json& epochs : position.value("snapshots", Json::array())) {
      snapshots_.push_back(
          {epochs.get<std::vector<std::int64_t>>(), with_prefix(fmt::format("snapshot.{}.", snapshots_.size()))});
    }
    epoch_ = position.at("epoch").get<std::int64_t>();
    step_ = position.at("step").get<std::int64_t>();
    epoch_is_open_ = position.at("open").get<bool>();
    for (std::size_t lane = 0; lane < histories_.size(); ++lane) {
      histories_[lane] = history_from(position.at("histories").at(lane));
    }
  } catch (const nlohmann::json::exception& error) {
    throw refuse(error.what());
  } catch (const std::out_of_range&) {
    throw refuse("it is no checkpoint");
  }
  if (epoch_is_open_) batches_.begin_epoch(epoch_);
}

}  // namespace eigensweep::training
