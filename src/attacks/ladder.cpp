// SPDX-License-Identifier: MIT
#include "ladder.hpp"

#include <algorithm>
#include <bit>

#include "eigensweep/attacks/objective.hpp"
#include "eigensweep/models/numerics/lane_random.hpp"

namespace eigensweep::attacks {

Tensor random_start(const Search& search, std::uint64_t step) {
  const Problem& problem = search.problem();
  const models::LaneRandom random(problem.seeds, random::Purpose::attack_start, step, problem.inputs.device());
  const std::int64_t inputs = problem.inputs.size(1);
  const Tensor noise = search.region().norm() == Norm::linf ? random.uniform(problem.sample_ids(), inputs, -1, 1)
                                                            : random.normal(problem.sample_ids(), inputs);
  const Tensor radius = search.target_of_all().to(search.centre().scalar_type());
  return search.region().on_surface(features_first(noise), search.centre(), radius);
}

Tensor warm_start(const Search& search, std::uint64_t step) {
  const Tensor is_found = search.distance().isfinite().unsqueeze(-1);
  return torch::where(is_found, search.nearest(), random_start(search, step));
}

void walk_to_targets(Search& search, std::int64_t steps, std::int64_t count, std::uint64_t step, bool gives_up) {
  const Tensor& logits = search.clean_logits();
  const std::int64_t classes = logits.size(1);
  const Tensor labels = search.problem().labels.expand({logits.size(0), -1});
  const Tensor ranked = without_label(logits, labels).argsort(/*dim=*/1, /*descending=*/true);
  ApgdSteps how;
  how.steps = steps;
  how.objective = classes > 3 ? Objective::target_dlr : Objective::target_margin;
  how.finder = Finder::targeted_apgd;
  how.gives_up = gives_up;
  for (std::int64_t rank = 0; rank < std::min(count, classes - 1); ++rank) {
    if (search.remaining() == 0) return;
    walk_apgd(search, how, random_start(search, random::mix(step + static_cast<std::uint64_t>(rank))),
              ranked.select(1, rank));
  }
}

void search_each(const Problem& problem, Norm norm, const std::vector<double>& intensities, const Visit& visit,
                 const std::function<void(Search& search, std::uint64_t key)>& attack) {
  const Region region(norm, problem.lower, problem.upper);
  for (std::size_t i = 0; i < intensities.size(); ++i) {
    std::vector<double> radii;
    if (intensities[i] > 0) radii.push_back(intensities[i]);
    Search search(problem, region, radii);
    if (intensities[i] > 0) attack(search, std::bit_cast<std::uint64_t>(intensities[i]));
    visit(i, search.at(intensities[i]));
  }
}

void search_nearest(const Problem& problem, Norm norm, const std::vector<double>& intensities, const Visit& visit,
                    SearchRecord& record, const std::function<void(Search& search)>& attack) {
  const Region region(norm, problem.lower, problem.upper);
  std::vector<double> radii;
  std::copy_if(intensities.begin(), intensities.end(), std::back_inserter(radii),
               [](double radius) { return radius > 0; });
  std::sort(radii.begin(), radii.end());
  Search search(problem, region, radii);
  attack(search);
  record.add(search);
  for (std::size_t i = 0; i < intensities.size(); ++i) visit(i, search.at(intensities[i]));
}

}  // namespace eigensweep::attacks
