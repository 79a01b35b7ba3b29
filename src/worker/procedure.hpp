// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/worker/run_pack.hpp"
#include "networks.hpp"

namespace eigensweep::worker {

/// A pack as a procedure sees it: its task with resolved options, its data, and who listens.
struct PackRun {
  const wire::PackTask& task;
  Session& session;
  const data::DeviceDataset& data;
  const PackHooks& hooks;

  [[nodiscard]] const Json& config() const { return task.lanes.front().config; }  ///< but for per-lane options
  [[nodiscard]] std::vector<Json> configs() const;
  [[nodiscard]] std::vector<std::uint64_t> seeds() const;
  [[nodiscard]] std::vector<std::string> trials() const;
  /// Adds where, with what and how long the lane's numbers were made, and sends the record.
  void send(wire::Record record, std::size_t lane, double seconds) const;
};

/// How a procedure ended, with the pack's networks where it finished.
struct Outcome {
  enum class End { finished, stopped, stopped_with_checkpoint, spoilt };  ///< spoilt: by one lane, for all of them
  End end = End::finished;
  Networks networks{};
};

/// A way to come to the networks of a pack. It sends their training records, if it trains them, and keeps them.
/// Throws as run_pack() does.
using Procedure = Outcome (*)(const PackRun&);

/// The procedure of a pack, a row of procedures.def:
///   train        by gradient steps, with checkpoints
///   closed_form  networks of infinite width, all lanes at once
///   load         from the files that an earlier run kept
/// Throws DataError when the task mixes lanes to train with lanes to load.
Procedure procedure_of(const wire::PackTask& task);

}  // namespace eigensweep::worker
