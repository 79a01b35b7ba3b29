// SPDX-License-Identifier: MIT
#include "noise_draw.hpp"

#include "eigensweep/models/numerics/lane_random.hpp"

namespace eigensweep::attacks {

void noise_at_each(const Problem& problem, const std::vector<double>& intensities, const Visit& visit, NoiseDraw noise,
                   const std::function<Tensor(const Tensor& draw, double intensity)>& noisy) {
  const std::int64_t samples = problem.inputs.size(0), inputs = problem.inputs.size(1);
  Tensor draw;
  for (std::size_t i = 0; i < intensities.size(); ++i) {
    if (intensities[i] == 0) {
      visit(i, problem.inputs.expand({problem.model.lanes(), samples, inputs}));
      continue;
    }
    if (!draw.defined()) {
      const models::LaneRandom random(problem.seeds, random::Purpose::noise, static_cast<std::uint64_t>(noise),
                                      problem.inputs.device());
      draw = noise == NoiseDraw::gaussian ? random.normal(problem.sample_ids(), inputs)
                                          : random.uniform(problem.sample_ids(), inputs, -1, 1);
    }
    visit(i, noisy(draw, intensities[i]));
  }
}

}  // namespace eigensweep::attacks
