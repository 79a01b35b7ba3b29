// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "read/template.hpp"

namespace eigensweep::study {

/// Calls `on_cell` for every combination of the compounds, the first slowest, after `assign(sweep, value)` was called
/// for every sweep that changed since the last cell.
inline void for_each_cell(const std::vector<Sweep>& sweeps, const std::vector<Compound>& compounds,
                          const std::function<void(std::size_t sweep, const Json& value)>& assign,
                          const std::function<void()>& on_cell) {
  std::vector<std::size_t> at(compounds.size(), 0);
  const auto set = [&](std::size_t axis) {
    for (const std::size_t sweep : compounds[axis]) assign(sweep, sweeps[sweep].values[at[axis]]);
  };
  for (std::size_t axis = 0; axis < compounds.size(); ++axis) set(axis);
  while (true) {
    on_cell();
    std::size_t axis = compounds.size();
    while (axis > 0) {
      --axis;
      if (++at[axis] < sweeps[compounds[axis].front()].values.size()) {
        set(axis);
        break;
      }
      at[axis] = 0;
      set(axis);
      if (axis == 0) return;
    }
    if (compounds.empty()) return;
  }
}

/// Number of combinations, as a double because a typing error makes 10^30 of them.
inline double cell_count(const std::vector<Sweep>& sweeps, const std::vector<Compound>& compounds) {
  double count = 1;
  for (const Compound& compound : compounds) count *= static_cast<double>(sweeps[compound.front()].values.size());
  return count;
}

}  // namespace eigensweep::study
