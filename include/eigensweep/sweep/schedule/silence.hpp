// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <utility>

#include "eigensweep/wire/messages.hpp"

namespace eigensweep::sweep {

/// What a busy worker is doing between two of its words, as the cost model sees it.
struct Stretch {
  wire::Stage stage = wire::Stage::start;
  std::string evaluation;  ///< its id: two evaluations may have one label, and each has a rate of its own
  double flops = 0;        ///< predicted operations until its next word; 0: not known
  double bytes = 0;        ///< of the pack: what may be written meanwhile (a checkpoint, the networks)
};

/// How long a busy worker may say nothing before it is taken for hung: what the cost model predicts at the rate that
/// this run has measured for the same stage, times a generous factor. The mean rate, since one worker that was stopped
/// for a while must not make the run blind. Plain arithmetic in seconds, without a clock. A stage that nobody has
/// finished yet has no rate of its own: half an hour, or more where the slowest of the other stages' rates says so.
class Silence {
 public:
  static constexpr double factor = 20;         ///< rates differ between packs, nodes and hours
  static constexpr double floor = 20;          ///< seconds: a file system that hesitates, a machine that swaps
  static constexpr double start = 60;          ///< seconds: the floor of a start, which may read a dataset
  static constexpr double unknown = 1800;      ///< seconds, for a stage without a rate
  static constexpr double slowest_disk = 2e7;  ///< bytes per second
  static constexpr double again = 4;  ///< times as long for work that was taken for hung before: the rate may be wrong

  /// A stretch was worked through in so long.
  void measured(const Stretch& stretch, double seconds);
  /// Seconds. `hangs`: how often this work was taken for hung before.
  [[nodiscard]] double allowed(const Stretch& stretch, int hangs = 0) const;
  /// From a worker's start to its first word: `most` until it is known how long others took (`longest`; 0: unknown).
  [[nodiscard]] static double until_hello(double most, double longest);

 private:
  struct Rate {
    double flops = 0;
    double seconds = 0;  ///< for these
    double longest = 0;  ///< seconds of one stretch
  };
  std::map<std::pair<wire::Stage, std::string>, Rate> rates_;  ///< by stage and evaluation
};

}  // namespace eigensweep::sweep
