// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "grid.hpp"
#include "read/exclude.hpp"

namespace eigensweep::study {

/// A study's exclusions for one grid. Values are compared once; a cell is then tested by its digits.
class CellExclusions {
 public:
  /// `exclusions` counts the cells that are removed.
  CellExclusions(std::vector<Exclusion>& exclusions, const Template& alternative, const Grid& grid);

  /// Whether the cell is left out; the first exclusion that matches counts it.
  bool remove(const Digits& at);

 private:
  struct Leaf {
    std::size_t digit = 0;
    std::vector<bool> matches;  // by value
  };
  struct Bound {
    Exclusion* exclusion = nullptr;
    std::vector<Leaf> leaves;
  };
  std::vector<Bound> bound_;
};

}  // namespace eigensweep::study
