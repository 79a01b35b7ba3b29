// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "search.hpp"

namespace eigensweep::attacks {

/// The Square attack (Andriushchenko, Croce, Flammarion and Hein 2020, arXiv:1912.00049) in the norm of the search:
/// random moves of squares (square_move.hpp), kept where they make the margin larger. It reads logits alone, so it
/// finds what gradients hide. Tries every sample of the search that has a target, with so many queries for all its
/// radii together.
///
/// It differs from the authors' code where that draws one square for all samples of a batch, and none that ends in the
/// last row or column. `share`: of the image that the first squares cover. `step` keys the draws, with the trial's
/// seed, the sample and the query.
void walk_squares(Search& search, std::int64_t queries, double share, std::uint64_t step);

}  // namespace eigensweep::attacks
