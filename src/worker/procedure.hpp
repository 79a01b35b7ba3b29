// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <future>
#include <string>
#include <vector>

#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/worker/run_pack.hpp"
#include "networks.hpp"

namespace eigensweep::worker {

/// The input of a procedure: a pack's task with resolved options, its data, and the hooks.
struct PackRun {
  const wire::PackTask& task;
  Session& session;
  const data::DeviceDataset* dataset;  ///< null where the configuration names none
  const PackHooks& hooks;

  /// Of a procedure that reads the section "dataset".
  [[nodiscard]] const data::DeviceDataset& data() const;
  [[nodiscard]] const Json& config() const {
    return task.lanes.front().config;
  }  ///< of lane 0; per-lane options differ
  [[nodiscard]] std::vector<Json> configs() const;
  [[nodiscard]] std::vector<std::uint64_t> seeds() const;
  [[nodiscard]] std::vector<std::string> trials() const;
  /// Adds the provenance (host, device, versions, seconds ...) to the record.
  [[nodiscard]] wire::Record completed(wire::Record record, std::size_t lane, double seconds) const;
  /// The same, and sends it.
  void send(wire::Record record, std::size_t lane, double seconds) const;
};

/// How a procedure ended, with the pack's networks where it finished and gives some.
struct Outcome {
  enum class End { finished, stopped, stopped_with_checkpoint, spoilt };  ///< spoilt: one lane made all of them fail
  End end = End::finished;
  Networks networks{};
  std::future<void> sent{};  ///< where records of the training are still under way: see send_training()
};

/// What is done for a pack before its evaluations. It sends a record of each lane with the columns that it declares,
/// and keeps the lane's network; where it has only loaded the networks, it does neither. Throws as run_pack() does.
using Procedure = Outcome (*)(const PackRun&);

/// The procedure of a pack, a row of procedures.def. Throws DataError when the task mixes lanes to train with lanes to
/// load.
Procedure procedure_of(const wire::PackTask& task);

}  // namespace eigensweep::worker
