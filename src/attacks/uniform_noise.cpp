// SPDX-License-Identifier: MIT
#include "attacked_samples.hpp"

namespace eigensweep::attacks {
namespace {

struct UniformNoise : AttackedSamples {
  UniformNoise() { samples = 0; }
  static study::Fields<UniformNoise> fields() {
    study::Fields<UniformNoise> fields;
    fields.intensity("epsilon", {0, 100}, "largest size of the noise before it is clipped").unit("pixel");
    return add_to(fields);
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_uniform_noise() {
  return declare_attack<UniformNoise>(
      "uniform_noise", "epsilon",
      "independent uniform noise between -epsilon and epsilon on every pixel, clipped to the pixels' range", "",
      // The clean samples, then each intensity.
      [](const UniformNoise&, double intensities) { return 1.0 + intensities; },
      // The integers that a GPU makes the numbers from.
      [](const UniformNoise&) {
        return study::HeldImages{11, 0};
      });
}

}  // namespace eigensweep::attacks
#else
#include "eigensweep/attacks/attack.hpp"
#include "noise_draw.hpp"

namespace eigensweep::attacks {
namespace {

/// One draw per sample and trial seed, scaled by every epsilon: curves over epsilon are smooth.
class UniformPixels final : public Attack {
 public:
  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    noise_at_each(problem, intensities, visit, NoiseDraw::uniform, [&](const Tensor& draw, double epsilon) {
      return problem.inputs.add(draw, epsilon).clamp_(problem.lower, problem.upper);
    });
  }
};

}  // namespace

std::unique_ptr<Attack> make_uniform_noise(const Json&) { return std::make_unique<UniformPixels>(); }

}  // namespace eigensweep::attacks
#endif
