// SPDX-License-Identifier: MIT
#include "grid.hpp"

#include <algorithm>
#include <utility>

#include "eigensweep/study/expand/identity.hpp"

namespace eigensweep::study {
namespace {

Grid::Switch switch_of(const Part& part, const Json& section, const Grid::Leaf* strength) {
  Grid::Switch made{part.path.back(), Grid::none, {}};
  if (strength == nullptr) {
    made.is_off.push_back(is_switched_off(*part.kind, section));
    return made;
  }
  made.digit = strength->digit;
  Json options = section;
  for (const Json& value : strength->values) {
    options[part.kind->off_when_zero] = value;
    made.is_off.push_back(is_switched_off(*part.kind, options));
  }
  return made;
}

}  // namespace

Grid::Grid(const Template& alternative, const std::vector<Axis>& axes)
    : config_(alternative.config), procedure_(alternative.procedure->name) {
  for (const Compound& compound : alternative.compounds) {
    lengths_.push_back(alternative.sweeps[compound.front()].values.size());
  }
  strides_.resize(lengths_.size());
  for (std::size_t i = lengths_.size(); i-- > 0;) {
    strides_[i] = size_;
    size_ *= lengths_[i];
  }
  for (std::size_t digit = 0; digit < alternative.compounds.size(); ++digit) {
    for (const std::size_t index : alternative.compounds[digit]) {
      const Sweep& sweep = alternative.sweeps[index];
      if (sweep.role == Role::replicate) {
        seed_leaf_ = leaves_.size();
        if (alternative.compounds[digit].size() == 1) seed_digit_ = digit;
      }
      leaves_.push_back({sweep.path, Json::json_pointer(sweep.path), digit, sweep.option, sweep.values});
    }
  }
  recipes_ = seed_digit_ == none ? size_ : size_ / lengths_[seed_digit_];
  for (const Part& part : alternative.parts) {
    if (part.kind->family != Family::regularizer || part.kind->off_when_zero.empty()) continue;
    const Leaf* strength = leaf(child(part.path.to_string(), part.kind->off_when_zero));
    switches_.push_back(switch_of(part, config_.at(part.path), strength));
  }
  for (const Axis& axis : axes) {
    if (axis.role == Role::evaluation) break;
    Coordinate made;
    const Json::json_pointer pointer(axis.pointer);
    if (const Leaf* swept = leaf(axis.pointer); swept != nullptr) {
      made.leaf = static_cast<std::size_t>(swept - leaves_.data());
      made.is_there = true;
    } else if (axis.pointer == "/cases") {
      made.fixed = alternative.name;
      made.is_there = true;
    } else if (config_.contains(pointer)) {
      made.fixed = config_.at(pointer);
      made.is_there = true;
    }
    coordinates_.push_back(std::move(made));
  }
}

const Grid::Leaf* Grid::leaf(const std::string& path) const noexcept {
  const auto found = std::find_if(leaves_.begin(), leaves_.end(), [&path](const Leaf& l) { return l.path == path; });
  return found == leaves_.end() ? nullptr : &*found;
}

Digits Grid::digits_of(std::size_t place) const {
  Digits at(lengths_.size());
  for (std::size_t i = 0; i < at.size(); ++i) at[i] = static_cast<std::uint32_t>(digit(place, i));
  return at;
}

void Grid::advance(Digits& at) const noexcept {
  for (std::size_t i = at.size(); i-- > 0;) {
    if (++at[i] < lengths_[i]) return;
    at[i] = 0;
  }
}

Json Grid::config(std::size_t place) const {
  Json made = config_;
  for (const Leaf& leaf : leaves_) made.at(leaf.pointer) = leaf.values[digit(place, leaf.digit)];
  const Digits at = digits_of(place);
  for (const Switch& penalty : switches_) {
    if (penalty.off(at)) made.at("regularizers").erase(penalty.label);
  }
  return made;
}

const Json& Grid::coordinate(std::size_t place, std::size_t axis) const {
  const Coordinate& coordinate = coordinates_.at(axis);
  if (coordinate.leaf == none) return coordinate.fixed;
  const Leaf& leaf = leaves_[coordinate.leaf];
  return leaf.values[digit(place, leaf.digit)];
}

std::size_t Grid::recipe(std::size_t place) const noexcept {
  if (seed_digit_ == none) return place;
  const std::size_t stride = strides_[seed_digit_];
  return place / (stride * lengths_[seed_digit_]) * stride + place % stride;
}

long long Grid::seed(std::size_t place) const {
  if (seed_leaf_ == none) return config_.at("seed").get<long long>();
  const Leaf& leaf = leaves_[seed_leaf_];
  return leaf.values[digit(place, leaf.digit)].get<long long>();
}

Projection::Projection(const Grid& grid, const std::function<std::size_t(std::size_t, std::size_t)>& class_of) {
  for (std::size_t digit = 0; digit < grid.lengths().size(); ++digit) {
    std::vector<std::size_t> shares;
    std::size_t classes = 1;
    for (std::size_t value = 0; value < grid.lengths()[digit]; ++value) {
      const std::size_t one = class_of(digit, value);
      classes = std::max(classes, one + 1);
      shares.push_back(one * size_);
    }
    size_ *= classes;
    shares_.push_back(std::move(shares));
  }
}

std::size_t Projection::number(const Digits& at) const noexcept {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < at.size(); ++i) sum += shares_[i][at[i]];
  return sum;
}

Projection by_section(const Grid& grid, const std::string& prefix) {
  std::vector<bool> counts(grid.lengths().size(), false);
  for (const Grid::Leaf& leaf : grid.leaves()) counts[leaf.digit] = counts[leaf.digit] || leaf.path.starts_with(prefix);
  return {grid, [&counts](std::size_t digit, std::size_t value) { return counts[digit] ? value : 0; }};
}

}  // namespace eigensweep::study
