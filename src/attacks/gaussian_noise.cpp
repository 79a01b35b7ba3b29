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
      "Nassar et al. 2020, arXiv:2012.04729, figures on noise",
      [](const NoiseOptions&, double intensities) {
        return 1.0 + intensities;
      },  // the clean samples, then each intensity
      // The integers that a GPU makes normal numbers from, and those numbers in float64.
      [](const NoiseOptions&) {
        return study::HeldImages{11, 0};
      });
}

}  // namespace eigensweep::attacks
#else
#include "eigensweep/attacks/attack.hpp"
#include "noise_draw.hpp"

namespace eigensweep::attacks {
namespace {

/// One draw per sample and trial seed, scaled by every sigma: curves over sigma are smooth, and their points
/// comparable.
class GaussianNoise final : public Attack {
 public:
  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    noise_at_each(problem, intensities, visit, NoiseDraw::gaussian, [&](const Tensor& draw, double sigma) {
      return problem.inputs.add(draw, sigma).clamp_(problem.lower, problem.upper);
    });
  }
};

}  // namespace

std::unique_ptr<Attack> make_gaussian_noise(const Json&) { return std::make_unique<GaussianNoise>(); }

}  // namespace eigensweep::attacks
#endif
