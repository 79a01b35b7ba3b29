// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/store/snapshot.hpp"
#include "eigensweep/wire/measurement.hpp"

namespace eigensweep::metrics {

/// What a metric may look at: E trained networks and the dataset.
struct Subject {
  models::Model& model;
  const data::DeviceDataset& data;
  const Json& config;  ///< the first lane's resolved configuration (equal over lanes except for per-lane options)
  std::vector<std::uint64_t> seeds{};  ///< the lanes' trial seeds, from which the initial networks are recomputed
  std::span<const models::Snapshot> snapshots{};  ///< the networks during training, if it kept any
  /// What training does to the initial networks before its first step; empty: nothing.
  std::function<void(models::Model&)> begin{};
};

using wire::Measurement;

class Metric {
 public:
  Metric() = default;
  virtual ~Metric() = default;
  Metric(const Metric&) = delete;
  Metric& operator=(const Metric&) = delete;
  /// One Measurement per lane. What could not be measured for a lane is NaN or missing, and its `failure` says why. If
  /// one lane spoils the computation of all lanes, throws NumericalError or c10::LinAlgError; the worker then asks lane
  /// by lane.
  virtual std::vector<Measurement> measure(const Subject& subject) = 0;
};

std::unique_ptr<Metric> make_metric(const std::string& kind, const Json& options);

}  // namespace eigensweep::metrics
