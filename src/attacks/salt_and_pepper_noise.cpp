// SPDX-License-Identifier: MIT
#include <cmath>

#include "attacked_samples.hpp"

namespace eigensweep::attacks {
namespace {

struct SaltAndPepper : AttackedSamples {
  SaltAndPepper() { samples = 0; }
  [[nodiscard]] std::string refuse(const study::DatasetInfo& dataset) const {
    if (std::isfinite(dataset.lower) && std::isfinite(dataset.upper)) return "";
    return "the dataset's inputs have no bounds (salt and pepper are the largest and the least possible input); choose "
           "'uniform_noise' or 'gaussian_noise'";
  }
  static study::Fields<SaltAndPepper> fields() {
    study::Fields<SaltAndPepper> fields;
    fields.intensity("share", {0, 1}, "share of the pixels that are set");
    return add_to(fields);
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_salt_and_pepper_noise() {
  return declare_attack<SaltAndPepper>(
      "salt_and_pepper_noise", "share",
      "sets each pixel with this probability, to the least or the largest possible input, each in half of the cases",
      "",
      // The clean samples, then each intensity.
      [](const SaltAndPepper&, double intensities) { return 1.0 + intensities; },
      // The integers that a GPU makes the numbers from.
      [](const SaltAndPepper&) {
        return study::HeldImages{11, 0};
      });
}

}  // namespace eigensweep::attacks
#else
#include "eigensweep/attacks/attack.hpp"
#include "noise_draw.hpp"

namespace eigensweep::attacks {
namespace {

/// One uniform number per pixel says whether it is set, by its size, and to which end, by its sign. So a larger share
/// sets the pixels of a smaller one, to the same ends.
class SetPixels final : public Attack {
 public:
  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    noise_at_each(problem, intensities, visit, NoiseDraw::salt_and_pepper, [&](const Tensor& draw, double share) {
      const Tensor ends = torch::where(draw < 0, problem.lower, problem.upper).to(problem.inputs.scalar_type());
      return torch::where(draw.abs() <= share, ends, problem.inputs);
    });
  }
};

}  // namespace

std::unique_ptr<Attack> make_salt_and_pepper_noise(const Json&) { return std::make_unique<SetPixels>(); }

}  // namespace eigensweep::attacks
#endif
