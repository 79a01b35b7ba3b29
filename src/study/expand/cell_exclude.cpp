// SPDX-License-Identifier: MIT
#include "cell_exclude.hpp"

#include <algorithm>
#include <utility>

namespace eigensweep::study {
namespace {

bool contains(const std::vector<Json>& values, const Json& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

CellExclusions::CellExclusions(std::vector<Exclusion>& exclusions, const Template& alternative, const Grid& grid) {
  for (Exclusion& exclusion : exclusions) {
    Bound made{&exclusion, {}};
    bool can_hold = true;  // in this alternative at all
    for (const Exclusion::Leaf& leaf : exclusion.leaves) {
      if (leaf.path.empty()) {
        can_hold = can_hold && contains(leaf.values, alternative.name);
      } else if (const Grid::Leaf* swept = grid.leaf(leaf.path); swept != nullptr) {
        Leaf bound{swept->digit, {}};
        for (const Json& value : swept->values) bound.matches.push_back(contains(leaf.values, value));
        made.leaves.push_back(std::move(bound));
      } else {
        const Json::json_pointer path(leaf.path);
        can_hold = can_hold && alternative.config.contains(path) && contains(leaf.values, alternative.config.at(path));
      }
    }
    if (can_hold) bound_.push_back(std::move(made));
  }
}

bool CellExclusions::remove(const Digits& at) {
  for (const Bound& bound : bound_) {
    const bool matches = std::all_of(bound.leaves.begin(), bound.leaves.end(),
                                     [&at](const Leaf& leaf) { return leaf.matches[at[leaf.digit]]; });
    if (!matches) continue;
    ++bound.exclusion->removed;
    return true;
  }
  return false;
}

}  // namespace eigensweep::study
