// SPDX-License-Identifier: MIT
// The warning about packs that need more memory than a worker has.
#include <fmt/format.h>

#include <algorithm>

#include "cost.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::study {

std::string memory_words(const Study& study, const Catalog& catalog, const std::vector<Pack>& packs, double memory) {
  const auto largest =
      std::max_element(packs.begin(), packs.end(), [](const Pack& a, const Pack& b) { return a.bytes < b.bytes; });
  if (largest == packs.end() || largest->bytes <= memory) return "";
  const Trial& trial = study.trials.at(largest->lanes.front().trial);
  const LaneCost cost = lane_cost(study, catalog, trial, largest->evaluations);
  const Phase* const phase = cost.memory.largest();
  const bool is_training = phase == nullptr || phase->what.empty();
  return fmt::format(
      "trial {} needs about {} for {}, more than the {} of a worker (it would be killed, and the trial given up); {}, "
      "or give each worker more memory",
      trial.id, text::bytes(largest->bytes), is_training ? "its training" : phase->what, text::bytes(memory),
      is_training ? "choose a smaller network, batch or training set" : "ask for fewer samples there");
}

}  // namespace eigensweep::study
