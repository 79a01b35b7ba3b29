// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "grid.hpp"

namespace eigensweep::study {

/// A text that differs from cell to cell only where swept leaves stand: made once for a grid, filled in for each cell.
class CellText {
 public:
  /// What stands in every cell's text.
  void add(std::string_view fixed);
  /// What stands there by the value of a digit.
  void add(std::size_t digit, std::vector<std::string> by_value);
  /// Another text behind this one.
  void add(const CellText& other);
  /// Appends the text of the cell at these digits.
  void write(const Digits& at, std::string& text) const;

 private:
  struct Hole {
    std::string before;
    std::size_t digit = 0;
    std::vector<std::string> by_value;
  };
  std::vector<Hole> holes_;
  std::string last_;
};

}  // namespace eigensweep::study
