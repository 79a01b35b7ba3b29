// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

namespace eigensweep::sweep {

/// The cost of a pack: overhead + lanes * per_lane operations. Lanes are independent of each other, so a pack may be
/// cut between any two lanes. Each piece costs the overhead again.
struct TailItem {
  std::size_t lanes = 1;
  double per_lane = 0;
  double overhead = 0;
  bool is_divisible = true;
  std::size_t least_lanes = 1;  ///< of a piece

  [[nodiscard]] double cost() const { return overhead + per_lane * static_cast<double>(lanes); }
};

/// The number of nearly equal pieces into which an item is cut so that none costs more than `limit`. If even a single
/// lane does, the item is cut into single lanes. No piece has fewer lanes than `item.least_lanes`.
std::size_t tail_pieces(const TailItem& item, double limit);

struct TailPlan {
  double limit = 0;     ///< most operations of a piece; packs above it are cut; infinity: no cuts
  double makespan = 0;  ///< operations until all work is done
};

/// Chooses how finely to cut the waiting packs when work runs short. It tries several limits, predicts the schedule for
/// each (the longest piece goes to the worker that is free first), and takes the one with the shortest makespan. It
/// also tries no cut, so a plan is never predicted to be slower than no plan. `free_in`: operations until each worker
/// is free (0: idle); must not be empty. O(pieces log pieces) for each limit.
TailPlan plan_tail(const std::vector<TailItem>& waiting, const std::vector<double>& free_in);

}  // namespace eigensweep::sweep
