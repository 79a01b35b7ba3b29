// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "search.hpp"

namespace eigensweep::attacks {

/// Which samples FAB starts from: those that are classified right, or those that the search has a radius left for.
enum class FabSamples { right, open };

/// Targeted FAB (Croce and Hein 2020, arXiv:1907.02044): the nearest misclassified point of each sample that is
/// classified right, whatever the radii of the search. It goes from the sample towards each of the `targets` wrong
/// classes that have the largest logits there, `steps` steps each. Every misclassified point is a candidate, at its own
/// distance. No step is random.
///
/// Each run ends with points just beyond where its last hyperplane is nearest to the sample, and the search with
/// bisections: on an affine network the distances are then exact, while the steps alone stop half a percent above.
///
/// A step needs the gradient's true size. Where it is 0, as on saturated units, the run ends; a sample where all runs
/// do is noted as dead.
void walk_fab(Search& search, std::int64_t steps, std::int64_t targets, FabSamples samples = FabSamples::right);

}  // namespace eigensweep::attacks
