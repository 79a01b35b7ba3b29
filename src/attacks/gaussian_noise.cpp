// SPDX-License-Identifier: MIT
#include "attacked_samples.hpp"

namespace eigensweep::attacks {
namespace {

struct NoiseOptions : AttackedSamples {
  NoiseOptions() { samples = 0; }
  static study::Fields<NoiseOptions> fields() {
    study::Fields<NoiseOptions> fields;
    fields.intensity("sigma", {0, 100}, "standard deviation of the noise before it is clipped").unit("pixel");
    return add_to(fields);
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_gaussian_noise() {
  return declare_attack<NoiseOptions>(
      "gaussian_noise", "sigma",
      "independent normal noise of standard deviation sigma on every pixel, clipped to the pixels' range",
      "Nassar et al. 2020, arXiv:2012.04729, figures on noise", [](const NoiseOptions&, double intensities) {
        return 1.0 + intensities;
      });  // the clean samples, then each intensity
}

}  // namespace eigensweep::attacks
#else
#include <ATen/Parallel.h>

#include <span>

#include "eigensweep/attacks/attack.hpp"
#include "eigensweep/core/random.hpp"

namespace eigensweep::attacks {
namespace {

/// One draw per sample and trial seed, scaled by every sigma: curves over sigma are smooth, and their points
/// comparable.
class GaussianNoise final : public Attack {
 public:
  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    Tensor noise;
    for (std::size_t i = 0; i < intensities.size(); ++i) {
      if (intensities[i] == 0) {
        visit(i, problem.inputs.expand({problem.model.lanes(), problem.inputs.size(0), problem.inputs.size(1)}));
        continue;
      }
      if (!noise.defined()) noise = draw(problem);
      visit(i, problem.inputs.add(noise, intensities[i]).clamp_(problem.lower, problem.upper));
    }
  }

 private:
  // Standard normal numbers [E, n, d].
  static Tensor draw(const Problem& problem) {
    const std::int64_t lanes = problem.model.lanes();
    const std::int64_t count = problem.inputs.size(0);
    const std::int64_t size = problem.inputs.size(1);
    const Tensor noise = torch::empty({lanes, count, size}, torch::kFloat32);
    auto* numbers = noise.data_ptr<float>();
    at::parallel_for(0, lanes * count, 16, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const random::Key key{problem.seeds[static_cast<std::size_t>(row / count)], random::Purpose::noise,
                              static_cast<std::uint64_t>(problem.samples[static_cast<std::size_t>(row % count)]), 0};
        random::fill_normal(key, std::span(numbers + row * size, static_cast<std::size_t>(size)));
      }
    });
    return noise.to(problem.inputs.device());
  }
};

}  // namespace

std::unique_ptr<Attack> make_gaussian_noise(const Json&) { return std::make_unique<GaussianNoise>(); }

}  // namespace eigensweep::attacks
#endif
