// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "eigensweep/wire/messages.hpp"

namespace eigensweep::sweep {

/// What a busy worker does between two of its messages, as the cost model predicts it.
struct Stretch {
  wire::Stage stage = wire::Stage::start;
  std::string evaluation;  ///< the id, since two evaluations with the same label have different rates
  double flops = 0;        ///< predicted operations until its next message; 0: unknown
  double bytes = 0;        ///< size of the pack: it may write so much meanwhile (a checkpoint, the networks)
  std::size_t group = 0;   ///< of the pack: packs of one group have the same shape and dataset
  std::size_t lanes = 1;   ///< of the pack
  bool continues = false;  ///< the pack has a checkpoint of an earlier run, so that its start may skip work
};

/// The timeout of a busy worker: how long it may be silent before it is taken for hung. It is the predicted time, at
/// the mean rate that this run has measured for the same stage, times a generous factor. It is the mean rate, so that
/// one worker that was stopped for a while does not raise all timeouts much. A stage that no worker has finished yet
/// has no rate: its timeout is half an hour, or more if the slowest rate of the other stages predicts more.
///
/// A start loads the data and may pass over all of it before the first word. How long that takes depends on shape and
/// dataset, so the start of a group that no worker has finished yet is unknown, too. In a known group the longest start
/// counts: some workers have the data in memory already, and a new one must load it.
class Silence {
 public:
  static constexpr double factor = 20;         ///< rates vary between packs, between nodes and over time
  static constexpr double floor = 20;          ///< seconds: for a slow file system, or a machine that swaps
  static constexpr double start = 60;          ///< seconds: the least timeout of a start, which may read a dataset
  static constexpr double unknown = 1800;      ///< seconds, for a stage without a rate
  static constexpr double slowest_disk = 2e7;  ///< bytes per second
  static constexpr double again = 4;  ///< factor for each time the work was taken for hung: the rate may be wrong

  /// A stretch took so long.
  void measured(const Stretch& stretch, double seconds);
  /// The timeout in seconds. `hangs`: how often this work was taken for hung before.
  [[nodiscard]] double allowed(const Stretch& stretch, int hangs = 0) const;
  /// The timeout in seconds from a worker's start to its hello. `longest`: seconds that the slowest hello so far took;
  /// 0: unknown, then the timeout is `most`.
  [[nodiscard]] static double until_hello(double most, double longest);

 private:
  struct Rate {
    double flops = 0;
    double seconds = 0;  ///< that they took
    double longest = 0;  ///< seconds of the longest stretch without predicted operations
  };
  struct Start {
    double longest = 0;          ///< seconds
    std::size_t most_lanes = 1;  ///< of a pack
  };
  [[nodiscard]] double expected(const Stretch& stretch, const Rate& rate) const;

  std::map<std::pair<wire::Stage, std::string>, Rate> rates_;  ///< by stage and evaluation
  std::unordered_map<std::size_t, Start> starts_;              ///< by group
};

}  // namespace eigensweep::sweep
