// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "eigensweep/models/model.hpp"
#include "eigensweep/models/store/safetensors.hpp"

namespace eigensweep::models {

/// E networks at one moment of their training.
struct Snapshot {
  std::vector<std::int64_t> epochs;  ///< how many epochs each lane had been trained for
  std::vector<NamedTensor> tensors;  ///< parameters, then buffers, [E, ...]
};

/// At most `count` epochs from 1 to `last`, evenly spaced in their logarithm; `last` is among them if `count` is 2 or
/// more.
std::vector<std::int64_t> log_spaced_epochs(std::int64_t last, std::int64_t count);

/// A copy of the model's tensors.
Snapshot take_snapshot(Model& model, std::vector<std::int64_t> epochs);
/// Copies the snapshot's tensors back into the model.
void return_to(Model& model, const Snapshot& snapshot);

/// Adds one lane's snapshots to the file that keeps its network, as "snapshot.<number>.<tensor>".
void keep_snapshots(const std::vector<Snapshot>& snapshots, std::int64_t lane, TensorFile& file);
/// The snapshots in the files of a pack's lanes. Empty if a lane has none, or another number than the first. Throws
/// DataError when a tensor is missing or has another shape or type.
std::vector<Snapshot> kept_snapshots(Model& model, const std::vector<TensorFile>& lanes);

}  // namespace eigensweep::models
