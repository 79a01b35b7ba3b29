// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <utility>

#include "search.hpp"

namespace eigensweep::attacks {

/// Samples of a search that an attack works on side by side, R of each lane. Walks derive from it; what they keep of
/// each sample lies in tensors of as many rows, which compact() shortens together.
class SearchRows {
 protected:
  /// `rows`: samples [E, R] and which of these entries count, as the search gives them.
  SearchRows(Search& search, std::pair<Tensor, Tensor> rows);

  [[nodiscard]] bool is_done() const { return !active_.any().item<bool>(); }
  /// Drops the rows that are no longer active from all tensors here and from `numbers` [E, R] and `points` [E, R, d],
  /// undefined ones left out. Returns which are kept, or an undefined tensor where dropping is not worth a copy.
  Tensor compact(std::initializer_list<Tensor*> numbers, std::initializer_list<Tensor*> points);
  [[nodiscard]] models::Model& model() const { return search_.problem().model; }
  /// Radii and distances as numbers of the points' type.
  [[nodiscard]] Tensor in_float(const Tensor& numbers) const { return numbers.to(centre_.scalar_type()); }

  Search& search_;
  Tensor sample_, active_, label_;  // [E, R]
  Tensor centre_;                   // [E, R, d]
};

}  // namespace eigensweep::attacks
