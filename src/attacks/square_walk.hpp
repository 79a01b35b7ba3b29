// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "search.hpp"

namespace eigensweep::attacks {

/// The side of the square at a query, in pixels, for images of height * width pixels: `share` of them at first, halved
/// after 10, 50, 200, 500, 1000, 2000, 4000, 6000 and 8000 queries.
std::int64_t square_side(double share, std::int64_t query, std::int64_t height, std::int64_t width);

/// The Square attack (Andriushchenko, Croce, Flammarion and Hein 2020, arXiv:1912.00049) in the maximum norm: random
/// squares of plus or minus the radius, kept where they make the margin larger. It reads logits alone, so it finds what
/// gradients hide. Tries every sample of the search that has a target, with so many queries for all its radii together.
///
/// It differs from the authors' code where that draws one square for all samples of a batch, and none that ends in the
/// last row or column. `step` keys the draws, with the trial's seed, the sample and the query.
void walk_squares(Search& search, std::int64_t queries, double share, std::uint64_t step);

}  // namespace eigensweep::attacks
