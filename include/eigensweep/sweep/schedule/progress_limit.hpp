// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "eigensweep/wire/messages.hpp"

namespace eigensweep::sweep {

/// Decides which progress messages of a rank's workers go to rank 0, so that all ranks together send no more than
/// most_progress_per_second. The first message of a pack, a stage or an evaluation always goes: rank 0 judges a
/// worker's silence by what the worker is doing. Times are seconds from any fixed moment.
class ProgressLimit {
 public:
  /// `workers`: of all ranks together.
  explicit ProgressLimit(std::size_t workers);

  /// Whether the message of the worker in `slot` goes to rank 0. Counts it as sent if so.
  bool passes(std::size_t slot, const wire::Progress& progress, double now);

 private:
  struct Sent {
    std::string pack, evaluation;  ///< no pack before the first one
    wire::Stage stage = wire::Stage::start;
    double at = 0;
  };

  double pause_;
  std::vector<Sent> sent_;  ///< by slot: the last one that went
};

}  // namespace eigensweep::sweep
