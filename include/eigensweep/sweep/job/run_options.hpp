// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

#include "eigensweep/sweep/job/placement.hpp"
#include "eigensweep/sweep/process/supervisor.hpp"

namespace eigensweep::sweep {

/// Seconds between the checkpoints of a pack. A run that is killed without warning loses as much work of each pack.
inline constexpr double usual_checkpoint_every = 300;

/// Seconds that a rank may be silent before the run stops without it. Long, so that a node that swaps or a slow file
/// system does not end the run.
inline constexpr double usual_rank_timeout = 600;

/// The options of `eigensweep run`, `eigensweep attack` and `eigensweep doctor`.
struct RunOptions {
  std::filesystem::path study_file;
  std::filesystem::path output;  ///< "": runs/<study name>
  /// Trains nothing: `study_file` holds attacks and metrics that are added to those of the study in `output`.
  bool evaluates_only = false;
  PlacementRequest placement;
  std::size_t lanes = 0;  ///< most trials side by side; 0: the cost model's choice
  Patience patience;
  std::optional<double> rank_timeout;      ///< seconds that a rank may be silent; nothing: usual_rank_timeout
  bool tries_worker = false;               ///< always runs `worker --devices`, to see whether the worker starts
  std::optional<double> checkpoint_every;  ///< seconds between a pack's checkpoints; nothing: usual_checkpoint_every
  std::optional<double> time_budget;  ///< seconds; nothing: what the SLURM allocation has left, if the run is in one
  std::optional<double> time_margin;  ///< seconds before its end; nothing: derived (sweep/schedule/time_budget.hpp)
};

}  // namespace eigensweep::sweep
