// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "eigensweep/study/expand/study.hpp"
#include "expand/grid.hpp"

namespace eigensweep::study {

/// Numbers trials by shape. It calls shape_key once for all cells of a grid that differ only in per-lane options and
/// the seed.
class Shapes {
 public:
  Shapes(const Study& study, const Catalog& catalog);

  /// The same number for trials of one shape.
  std::uint32_t number(const Trial& trial);
  /// How often shape_key was called: the cost of finding shapes.
  [[nodiscard]] std::size_t questions() const noexcept { return questions_; }

 private:
  struct InGrid {
    Projection projection;
    std::vector<std::uint32_t> numbers;  // by the projection's
  };

  const Study& study_;
  const Catalog& catalog_;
  std::vector<InGrid> grids_;
  std::unordered_map<std::string, std::uint32_t> number_by_key_;
  std::size_t questions_ = 0;
};

}  // namespace eigensweep::study
