// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "apgd_walk.hpp"
#include "search_record.hpp"

namespace eigensweep::attacks {

/// Random points on the surfaces of the balls of each sample's target, clipped to the box: [E, n, d]. Keyed by trial
/// seed, sample and `step` alone.
Tensor random_start(const Search& search, std::uint64_t step);

/// The nearest misclassified point of each sample, or a random start where none was found.
Tensor warm_start(const Search& search, std::uint64_t step);

/// Runs APGD towards each of the `count` wrong classes that the unperturbed samples are nearest to, by their logits;
/// no more than there are. Each run has random starts, keyed by `step` and the class's rank. `gives_up`: as ApgdSteps
/// says.
void walk_to_targets(Search& search, std::int64_t steps, std::int64_t count, std::uint64_t step, bool gives_up = false);

/// Searches at each intensity by itself: calls `attack(search, key)`, unless the intensity is 0, then `visit`. `key`:
/// the bits of the radius, for draws that differ between radii.
void search_each(const Problem& problem, Norm norm, const std::vector<double>& intensities, const Visit& visit,
                 const std::function<void(Search& search, std::uint64_t key)>& attack);

/// Searches once for all intensities: calls `attack(search)`, adds the search to `record`, then visits each.
void search_nearest(const Problem& problem, Norm norm, const std::vector<double>& intensities, const Visit& visit,
                    SearchRecord& record, const std::function<void(Search& search)>& attack);

}  // namespace eigensweep::attacks
