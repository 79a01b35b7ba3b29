// SPDX-License-Identifier: MIT
#include "cell_text.hpp"

#include <utility>

namespace eigensweep::study {

void CellText::add(std::string_view fixed) { last_ += fixed; }

void CellText::add(std::size_t digit, std::vector<std::string> by_value) {
  holes_.push_back({std::exchange(last_, {}), digit, std::move(by_value)});
}

void CellText::add(const CellText& other) {
  for (const Hole& hole : other.holes_) {
    add(hole.before);
    add(hole.digit, hole.by_value);
  }
  add(other.last_);
}

void CellText::write(const Digits& at, std::string& text) const {
  for (const Hole& hole : holes_) {
    text += hole.before;
    text += hole.by_value[at[hole.digit]];
  }
  text += last_;
}

}  // namespace eigensweep::study
