// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "search.hpp"

namespace eigensweep::attacks {

/// How DeepFool goes.
struct DeepFoolSteps {
  std::int64_t steps = 50;
  std::int64_t candidates = 10;  ///< classes that it looks at, the sample's own among them
  double overshoot = 0.02;       ///< how much farther than the boundary each point lies
};

/// DeepFool (Moosavi-Dezfooli, Fawzi and Frossard 2016, arXiv:1511.04599), on each sample that is classified right:
/// adds up the shortest steps to the nearest of the hyperplanes on which the network's tangent has equal logits of the
/// label and another class, until the sum, drawn out by the overshoot and clipped to the box, is misclassified. That
/// point is a candidate at its own distance. The classes are those with the largest logits of the unperturbed sample.
///
/// A step after the first has at least a thousandth of its length: in a box, steps that are cut off would never get
/// across the boundary.
///
/// A sample whose gradients are all 0 stops and is noted as dead.
void walk_deepfool(Search& search, const DeepFoolSteps& how);

}  // namespace eigensweep::attacks
