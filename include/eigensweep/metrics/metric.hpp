// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/snapshot.hpp"
#include "eigensweep/wire/record.hpp"

namespace eigensweep::metrics {

/// What a metric may look at: E trained networks and the dataset.
struct Subject {
  models::Model& model;
  const data::DeviceDataset& data;
  const Json& config;  ///< the first lane's resolved configuration (equal over lanes but for per-lane options)
  std::vector<std::uint64_t> seeds{};  ///< the lanes' trial seeds: what the networks were at initialisation follows
  std::span<const models::Snapshot> snapshots{};  ///< the networks on the way, where the training kept some
};

/// One lane's columns by name, as declared by the kind.
struct Measurement : std::map<std::string, wire::Array> {
  using map::map;
  /// What is worth knowing of numbers that are there, or are none by rule, one line; "" if nothing.
  std::string remark;
  std::string failure;  ///< why some or all of its numbers are NaN or missing, one line; "" where there is no failure

  /// Adds a remark to those that are there.
  void add_remark(const std::string& words) { remark += (remark.empty() ? "" : "; ") + words; }
  /// Adds a reason to those that are there.
  void add_failure(const std::string& reason) { failure += (failure.empty() ? "" : "; ") + reason; }
};

class Metric {
 public:
  Metric() = default;
  virtual ~Metric() = default;
  Metric(const Metric&) = delete;
  Metric& operator=(const Metric&) = delete;
  /// One Measurement per lane. What a lane's numbers did not allow is NaN or missing, and its `failure` says why; where
  /// they spoil the computation of all lanes, throws NumericalError or c10::LinAlgError, and is asked lane by lane.
  virtual std::vector<Measurement> measure(const Subject& subject) = 0;
};

std::unique_ptr<Metric> make_metric(const std::string& kind, const Json& options);

}  // namespace eigensweep::metrics
