// SPDX-License-Identifier: MIT
// The memory of a pack, as a sum of named parts.
#pragma once

#include <string>
#include <vector>

#include "eigensweep/study/expand/study.hpp"

namespace eigensweep::study {

/// What a pack holds at one time, in bytes, beside the dataset.
struct Phase {
  std::string what;     ///< for messages: "metric 'spectrum'"; "": the training
  double shared = 0;    ///< once
  double per_seed = 0;  ///< for each order of the samples: a batch of inputs, and the order
  double per_lane = 0;  ///< for each lane: its network, and what training keeps of it
  double declared = 0;  ///< for each lane, with the growth of a worker's memory: as kernels count it
  ChunkedPass pass;     ///< over samples in chunks

  /// `seeds`: how many orders of samples the lanes have. `growth`: DeviceProfile::memory_growth.
  [[nodiscard]] double bytes(double lanes, double seeds, double growth) const;
};

/// Phases follow one another, so the largest counts.
struct Footprint {
  double dataset = 0;
  std::vector<Phase> phases;

  [[nodiscard]] double bytes(double lanes, double seeds, double growth) const;
  /// The phase that takes most for one lane; null if there is none.
  [[nodiscard]] const Phase* largest() const;
  /// With how many lanes of at most `seeds` seeds a pack takes `memory` bytes at most; 0: not with one; `most` at most.
  [[nodiscard]] std::size_t most_lanes(double memory, std::size_t seeds, double growth, std::size_t most) const;
};

/// The footprint of a lane with this configuration. `context` is of a training step: an adversary's samples count.
Footprint footprint_of(const Json& config, const Catalog& catalog, WorkContext context,
                       const std::vector<Evaluation>& evaluations);

}  // namespace eigensweep::study
