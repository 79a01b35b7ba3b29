// SPDX-License-Identifier: MIT
#include "shapes.hpp"

#include <limits>
#include <utility>

#include "eigensweep/study/plan/pack.hpp"

namespace eigensweep::study {
namespace {

constexpr std::uint32_t unknown = std::numeric_limits<std::uint32_t>::max();

// Values of a digit that make no difference to the shape share a class: for per-lane options, all values that switch
// the same penalties off.
Projection by_shape(const Grid& grid) {
  std::vector<bool> counts(grid.lengths().size(), false);
  for (const Grid::Leaf& leaf : grid.leaves()) {
    const bool is_free = leaf.option->per_lane || leaf.path == "/seed";
    counts[leaf.digit] = counts[leaf.digit] || !is_free;
  }
  std::vector<std::unordered_map<std::string, std::size_t>> classes(counts.size());
  return {grid, [&](std::size_t digit, std::size_t value) {
            if (counts[digit]) return value;
            std::string off;
            for (const Grid::Switch& penalty : grid.switches()) {
              if (penalty.digit == digit) off += penalty.is_off[value] ? '0' : '1';
            }
            return classes[digit].emplace(off, classes[digit].size()).first->second;
          }};
}

}  // namespace

Shapes::Shapes(const Study& study, const Catalog& catalog) : study_(study), catalog_(catalog) {
  for (const auto& grid : study.grids_) {
    Projection projection = by_shape(*grid);
    std::vector<std::uint32_t> numbers(projection.size(), unknown);
    grids_.push_back({std::move(projection), std::move(numbers)});
  }
}

std::uint32_t Shapes::number(const Trial& trial) {
  const Cell& cell = study_.cells[trial.cell];
  InGrid& grid = grids_[cell.grid];
  std::uint32_t& number = grid.numbers[grid.projection.number(study_.grid(cell).digits_of(cell.place))];
  if (number == unknown) {
    const auto next = static_cast<std::uint32_t>(number_by_key_.size());
    ++questions_;
    number = number_by_key_.emplace(shape_key(study_, catalog_, trial), next).first->second;
  }
  return number;
}

}  // namespace eigensweep::study
