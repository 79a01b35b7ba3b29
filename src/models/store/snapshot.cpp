// SPDX-License-Identifier: MIT
#include "eigensweep/models/store/snapshot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eigensweep/core/error.hpp"

namespace eigensweep::models {
namespace {

constexpr const char* epochs_key = "snapshot_epochs";

std::string stored_name(std::size_t number, const std::string& tensor) {
  return fmt::format("snapshot.{}.{}", number, tensor);
}

}  // namespace

std::vector<std::int64_t> log_spaced_epochs(std::int64_t last, std::int64_t count) {
  std::vector<std::int64_t> epochs;
  for (std::int64_t i = 0; i < count; ++i) {
    const double share = count == 1 ? 0.0 : static_cast<double>(i) / static_cast<double>(count - 1);
    const std::int64_t epoch = std::llround(std::pow(static_cast<double>(last), share));
    if (epochs.empty() || epochs.back() < epoch) epochs.push_back(epoch);
  }
  return epochs;
}

Snapshot take_snapshot(Model& model, std::vector<std::int64_t> epochs) {
  const torch::NoGradGuard no_gradients;
  Snapshot snapshot{std::move(epochs), {}};
  for (const auto* list : {&model.parameters(), &model.buffers()}) {
    for (const NamedTensor& named : *list) snapshot.tensors.push_back({named.name, named.tensor.detach().clone()});
  }
  return snapshot;
}

void return_to(Model& model, const Snapshot& snapshot) {
  const torch::NoGradGuard no_gradients;
  std::size_t i = 0;
  for (const auto* list : {&model.parameters(), &model.buffers()}) {
    for (const NamedTensor& named : *list) {
      EIGENSWEEP_EXPECT(i < snapshot.tensors.size() && snapshot.tensors[i].name == named.name);
      named.tensor.detach().copy_(snapshot.tensors[i++].tensor);
    }
  }
}

void keep_snapshots(const std::vector<Snapshot>& snapshots, std::int64_t lane, TensorFile& file) {
  if (snapshots.empty()) return;
  Json epochs = Json::array();
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    epochs.push_back(snapshots[i].epochs[static_cast<std::size_t>(lane)]);
    for (const NamedTensor& named : snapshots[i].tensors) {
      file.tensors.push_back({stored_name(i, named.name), named.tensor[lane]});
    }
  }
  file.metadata[epochs_key] = epochs.dump();
}

std::vector<Snapshot> kept_snapshots(Model& model, const std::vector<TensorFile>& lanes) {
  std::vector<std::vector<std::int64_t>> epochs;  // [lane][snapshot]
  for (const TensorFile& file : lanes) {
    const auto entry = file.metadata.find(epochs_key);
    if (entry == file.metadata.end()) return {};
    const Json list = Json::parse(entry->second, nullptr, false);
    const auto is_epoch = [](const Json& number) { return number.is_number_unsigned(); };
    if (!list.is_array() || !std::all_of(list.begin(), list.end(), is_epoch)) {
      throw DataError(fmt::format("{}: '{}' is no list of epochs; delete the file, and it is made again",
                                  file.file.string(), epochs_key));
    }
    epochs.push_back(list.get<std::vector<std::int64_t>>());
    if (epochs.back().size() != epochs.front().size()) return {};
  }
  const torch::Device device = model.parameters().front().tensor.device();
  std::vector<Snapshot> snapshots(epochs.front().size());
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    for (const std::vector<std::int64_t>& of_lane : epochs) snapshots[i].epochs.push_back(of_lane[i]);
    for (const auto* list : {&model.parameters(), &model.buffers()}) {
      for (const NamedTensor& named : *list) {
        std::vector<Tensor> stacked;
        for (const TensorFile& file : lanes) stacked.push_back(file.at(stored_name(i, named.name), named.tensor[0]));
        snapshots[i].tensors.push_back({named.name, torch::stack(stacked).to(device)});
      }
    }
  }
  return snapshots;
}

}  // namespace eigensweep::models
