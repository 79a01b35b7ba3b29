// SPDX-License-Identifier: MIT
// Which attacks and metrics run on which trial: few distinct sets, shared by many trials.
#include <fmt/format.h>

#include <algorithm>

#include "expansion.hpp"
#include "variants.hpp"

namespace eigensweep::study {

std::size_t Expansion::evaluation_set(const std::vector<Evaluation>& evaluations) {
  std::string key;
  for (const Evaluation& evaluation : evaluations) {
    key += fmt::format("{} {}\n", evaluation.id, fmt::join(evaluation.intensities, " "));
  }
  const auto [place, is_new] = set_by_key_.emplace(key, study_.evaluation_sets_.size());
  if (is_new) study_.evaluation_sets_.push_back(evaluations);
  return place->second;
}

std::size_t Expansion::united(std::size_t one, std::size_t other) {
  std::vector<Evaluation> all = study_.evaluation_sets_[one];
  for (const Evaluation& evaluation : study_.evaluation_sets_[other]) {
    const auto same = std::find_if(all.begin(), all.end(), [&](const Evaluation& e) { return e.id == evaluation.id; });
    if (same == all.end()) {
      all.push_back(evaluation);
      continue;
    }
    std::vector<double> intensities;
    std::set_union(same->intensities.begin(), same->intensities.end(), evaluation.intensities.begin(),
                   evaluation.intensities.end(), std::back_inserter(intensities));
    same->intensities = std::move(intensities);
  }
  return evaluation_set(all);
}

void Expansion::check_labels(const Template& alternative, const std::vector<Evaluation>& evaluations) {
  for (const Evaluation& evaluation : evaluations) {
    const std::string label = fmt::format("{}/{}", family_section(evaluation.family), evaluation.label);
    const auto [place, is_new] = id_by_label_.emplace(label, evaluation.id);
    if (!is_new && place->second != evaluation.id) {
      source_.fail(fmt::format("/{}", label),
                   fmt::format("case '{}' gives this label to something else than an earlier "
                               "case; use another label",
                               alternative.name));
    }
    for (const auto& [other, id] : id_by_label_) {
      if (id == evaluation.id && other != label) {
        source_.fail(fmt::format("/{}", label),
                     fmt::format("computes the same as '{}' of an earlier case; use one label", other));
      }
    }
  }
}

}  // namespace eigensweep::study
