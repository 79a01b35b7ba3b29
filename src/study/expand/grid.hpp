// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "eigensweep/study/expand/study.hpp"
#include "read/template.hpp"

namespace eigensweep::study {

/// Where a cell stands in its grid: for each compound of sweeps the index of its values.
using Digits = std::vector<std::uint32_t>;

/// The cells of one alternative of a study, as numbers. The grid holds the configuration once, with the values of its
/// swept leaves, and makes a cell's configuration on demand. The first compound is the slowest digit of a cell's
/// number.
class Grid {
 public:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  /// A swept leaf; leaves of one compound share a digit.
  struct Leaf {
    std::string path;
    Json::json_pointer pointer;
    std::size_t digit = 0;
    const Option* option = nullptr;
    std::vector<Json> values;
  };
  /// A penalty that some or all cells switch off.
  struct Switch {
    std::string label;
    std::size_t digit = none;  ///< none: its strength is not swept
    std::vector<bool> is_off;  ///< by the digit's value; one entry without a digit
    [[nodiscard]] bool off(const Digits& at) const { return is_off[digit == none ? 0 : at[digit]]; }
  };

  /// `axes`: of the study, training and replicate axes first.
  Grid(const Template& alternative, const std::vector<Axis>& axes);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const std::vector<std::size_t>& lengths() const noexcept { return lengths_; }  ///< of the digits
  [[nodiscard]] const std::vector<Leaf>& leaves() const noexcept { return leaves_; }
  [[nodiscard]] const std::vector<Switch>& switches() const noexcept { return switches_; }
  /// The leaf at that path of the configuration, null if it is not swept.
  [[nodiscard]] const Leaf* leaf(const std::string& path) const noexcept;

  [[nodiscard]] Digits digits_of(std::size_t place) const;
  /// Moves on to the digits of the next cell, from the last cell to the first.
  void advance(Digits& at) const noexcept;

  /// The configuration of a cell, every option present, without penalties that are switched off.
  [[nodiscard]] Json config(std::size_t place) const;
  /// The cell's value on a training or replicate axis; null if the alternative has no such leaf.
  [[nodiscard]] const Json& coordinate(std::size_t place, std::size_t axis) const;
  [[nodiscard]] bool has_coordinate(std::size_t axis) const { return coordinates_.at(axis).is_there; }
  /// Cells that differ only in their seed have the same number, below recipes(). A seed that is zipped with other
  /// leaves counts as one of them.
  [[nodiscard]] std::size_t recipes() const noexcept { return recipes_; }
  [[nodiscard]] std::size_t recipe(std::size_t place) const noexcept;
  /// The kind of the procedure, the same for all cells.
  [[nodiscard]] const std::string& procedure() const noexcept { return procedure_; }
  /// The cell's seed.
  [[nodiscard]] long long seed(std::size_t place) const;

 private:
  struct Coordinate {
    std::size_t leaf = none;  ///< none: the same in all cells
    Json fixed;
    bool is_there = false;
  };
  [[nodiscard]] std::size_t digit(std::size_t place, std::size_t digit) const noexcept {
    return place / strides_[digit] % lengths_[digit];
  }

  Json config_;
  std::string procedure_;
  std::vector<std::size_t> lengths_;
  std::vector<std::size_t> strides_;
  std::size_t size_ = 1;
  std::vector<Leaf> leaves_;
  std::vector<Switch> switches_;
  std::vector<Coordinate> coordinates_;
  std::size_t seed_leaf_ = none;
  std::size_t seed_digit_ = none;  // of a seed that is swept alone
  std::size_t recipes_ = 1;
};

/// Numbers the combinations of some digits of a grid, or of classes of their values. Cells that agree in them share a
/// number.
class Projection {
 public:
  /// `class_of(digit, value)`: equal for values that make no difference. A digit whose values all have class 0 is left
  /// out.
  Projection(const Grid& grid, const std::function<std::size_t(std::size_t digit, std::size_t value)>& class_of);

  /// All numbers are below it.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t number(const Digits& at) const noexcept;

 private:
  std::vector<std::vector<std::size_t>> shares_;  // by digit and value
  std::size_t size_ = 1;
};

/// The projection onto the leaves whose path starts with `prefix`.
Projection by_section(const Grid& grid, const std::string& prefix);

}  // namespace eigensweep::study
