// SPDX-License-Identifier: MIT
#include "ball_options.hpp"

namespace eigensweep::attacks {
namespace {

struct MiFgsm : GradientAttack {
  std::int64_t steps = 10;
  double relative_step = 0.1;
  double momentum = 1;

  static study::Fields<MiFgsm> fields() {
    return common<MiFgsm>()
        .integer("steps", &MiFgsm::steps, {1, 1e6}, "number of gradient steps")
        .number("relative_step", &MiFgsm::relative_step, {0, 10, true}, "step size as a share of epsilon")
        .number("momentum", &MiFgsm::momentum, {0, 10}, "what is kept of the gradients before, at each step");
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_mi_fgsm() {
  study::Kind kind = declare_attack<MiFgsm>(
      "mi_fgsm", "epsilon",
      "momentum iterative FGSM: steps along the sum of the gradients so far, each over its sum of sizes; last iterate",
      "Dong et al. 2018, arXiv:1710.06081",
      [](const MiFgsm& mi_fgsm, double intensities) {
        return 1.0 + intensities * (2.0 * static_cast<double>(mi_fgsm.steps) + 1.0);
      },
      // The samples and their balls' ends, the perturbed ones, the gradient, its scaled form, the sum and its
      // direction.
      [](const MiFgsm&) {
        return study::HeldImages{10, 0};
      });
  kind.columns.push_back(gradients_column());
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include <limits>

#include "followed_gradient.hpp"
#include "gradient_count.hpp"
#include "region.hpp"
#include "rows.hpp"

namespace eigensweep::attacks {
namespace {

class MomentumSteps final : public Attack {
 public:
  explicit MomentumSteps(MiFgsm options) : options_(std::move(options)) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    const Tensor centre =
        features_first(problem.inputs.expand({problem.model.lanes(), problem.inputs.size(0), problem.inputs.size(1)}));
    for (std::size_t i = 0; i < intensities.size(); ++i) {
      visit(i, intensities[i] > 0 ? walk(problem, centre, intensities[i]) : centre);
    }
  }

  [[nodiscard]] std::optional<Norm> norm() const override { return options_.norm; }
  void add_columns(std::vector<wire::Measurement>& lanes) const override { gradients_.add_column(lanes); }

 private:
  [[nodiscard]] Tensor walk(const Problem& problem, const Tensor& centre, double epsilon) {
    const Region region(options_.norm, problem.lower, problem.upper);
    const Tensor radius = torch::full({1, 1}, epsilon, centre.options());
    Tensor x = centre, velocity = torch::zeros_like(centre);
    Tensor broken = torch::zeros({centre.size(0)}, centre.options().dtype(torch::kBool));
    for (std::int64_t step = 0; step < options_.steps; ++step) {
      const Tensor gradient = in_rows(followed_gradient(problem, x, options_));
      const Tensor largest = largest_entry(gradient);
      broken.logical_or_(largest.isfinite().logical_not().any(1));
      velocity = options_.momentum * velocity + over_sum_of_sizes(gradient, largest);
      x = region.project(x + options_.relative_step * epsilon * region.direction(velocity), centre, radius);
    }
    gradients_.add(options_.steps * x.size(1));
    return x.masked_fill(broken.view({-1, 1, 1}), std::numeric_limits<double>::quiet_NaN());
  }

  /// A gradient [E, n, d] over the sum of the sizes of its entries. `largest` [E, n] of them comes first: the sum of a
  /// tiny gradient would lose digits, and that of none is 0.
  static Tensor over_sum_of_sizes(const Tensor& gradient, const Tensor& largest) {
    const double least = std::numeric_limits<float>::min();
    const Tensor scaled = gradient / largest.clamp_min(least).unsqueeze(-1);
    return scaled / scaled.abs().sum(-1, /*keepdim=*/true).clamp_min_(least);
  }

  MiFgsm options_;
  GradientCount gradients_;
};

}  // namespace

std::unique_ptr<Attack> make_mi_fgsm(const Json& options) {
  return std::make_unique<MomentumSteps>(study::read<MiFgsm>(options));
}

}  // namespace eigensweep::attacks
#endif
