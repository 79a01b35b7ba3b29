// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cell_text.hpp"
#include "read/template.hpp"

namespace eigensweep::study {

/// The identities of a grid's trials: the same texts as canonical(trial_identity(config)), without a configuration for
/// each cell.
class CellIdentity {
 public:
  CellIdentity(const Template& alternative, const Grid& grid, const Catalog& catalog);

  /// The canonical text of the trial of the cell at these digits; valid until the next call.
  const std::string& text(const Digits& at);

 private:
  struct Penalty {
    CellText text;
    const Grid::Switch* off = nullptr;  // null: it is always on
  };

  /// Appends to text_ the penalties that are on, sorted by their own text: their labels and order change no gradient.
  void write_sorted(const std::vector<Penalty>& penalties, const Digits& at);

  std::vector<Penalty> constraints_;
  CellText before_;
  std::vector<Penalty> penalties_;
  CellText after_;
  std::vector<std::string> on_;
  std::string text_;
};

}  // namespace eigensweep::study
