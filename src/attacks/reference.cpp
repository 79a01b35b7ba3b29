// SPDX-License-Identifier: MIT
#include "ball_options.hpp"

namespace eigensweep::attacks {
namespace {

struct Reference : BallAttack {
  [[nodiscard]] std::int64_t steps() const { return norm == Norm::linf ? 40 : 50; }
  [[nodiscard]] double relative_step() const { return norm == Norm::linf ? 0.01 / 0.3 : 0.025; }

  static study::Fields<Reference> fields() { return common<Reference>(); }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_reference() {
  study::Kind kind = declare_attack<Reference>(
      "reference", "epsilon",
      "pgd with the settings of foolbox: each epsilon by itself, cross entropy, a random start, 40 steps of epsilon / "
      "30 "
      "(L2: 50 of epsilon / 40), last iterate; overstates robustness, and agrees with other programs",
      "foolbox 3.3, LinfProjectedGradientDescentAttack and L2ProjectedGradientDescentAttack",
      [](const Reference& reference, double intensities) {
        return 1.0 + intensities * (2.0 * static_cast<double>(reference.steps()) + 1.0);
      },
      [](const Reference&) {
        return study::HeldImages{6, 3};
      });
  kind.columns.push_back(gradients_column());
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include "eigensweep/attacks/projected_gradient.hpp"

namespace eigensweep::attacks {

std::unique_ptr<Attack> make_reference(const Json& options) {
  const auto reference = study::read<Reference>(options);
  PgdSteps how;
  how.norm = reference.norm;
  how.steps = reference.steps();
  how.relative_step = reference.relative_step();
  return make_projected_gradient(how);
}

}  // namespace eigensweep::attacks
#endif
