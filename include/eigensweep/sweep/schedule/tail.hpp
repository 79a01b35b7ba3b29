// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

namespace eigensweep::sweep {

/// What handing out a pack takes: overhead + lanes * per_lane operations. Lanes are independent of each other, so a
/// pack may be cut between any two; every piece costs the overhead.
struct TailItem {
  std::size_t lanes = 1;
  double per_lane = 0;
  double overhead = 0;
  bool is_divisible = true;

  [[nodiscard]] double cost() const { return overhead + per_lane * static_cast<double>(lanes); }
};

/// Into how many nearly equal pieces an item is cut so that none takes more than `limit`; single lanes if even one
/// does.
std::size_t tail_pieces(const TailItem& item, double limit);

struct TailPlan {
  double limit = 0;     ///< no piece that can be cut is to take more; infinity cuts nothing
  double makespan = 0;  ///< operations until all is done
};

/// How finely to cut what waits, when workers are about to run dry: several limits are tried, each by playing the
/// schedule to its end (the longest piece to whoever is free first), and the one with the shortest makespan wins. No
/// cut at all is among them, so by the prediction a plan never makes the end later. `free_in`: operations until each
/// worker is free (0: idle); not empty. O(pieces log pieces) for each limit.
TailPlan plan_tail(const std::vector<TailItem>& waiting, const std::vector<double>& free_in);

}  // namespace eigensweep::sweep
