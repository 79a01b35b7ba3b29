// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/study/plan/pack.hpp"

/// The toys: family and name of each.
struct Toy {
  eigensweep::study::Family family;
  std::string name;
};
const std::vector<Toy>& toys();

/// A study that uses all of them: 2 seeds x 2 widths x 2 strengths, eight trials; and the packs it is planned into.
const eigensweep::study::Study& toy_study();
std::vector<eigensweep::study::Pack> toy_packs();
