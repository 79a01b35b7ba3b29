// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "grid.hpp"

namespace eigensweep::study {

/// A text that differs from cell to cell only at swept leaves. It is made once for a grid and filled in for each cell.
class CellText {
 public:
  /// Appends a part that is the same for every cell.
  void add(std::string_view fixed);
  /// Appends a part that depends on the value of a digit.
  void add(std::size_t digit, std::vector<std::string> by_value);
  /// Appends another text.
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
