// SPDX-License-Identifier: MIT
#include "ball_options.hpp"

namespace eigensweep::attacks {
namespace {

struct DeepFool : BallAttack {
  std::int64_t steps = 50;
  std::int64_t candidates = 10;
  double overshoot = 0.02;

  static study::Fields<DeepFool> fields() {
    return common<DeepFool>()
        .integer("steps", &DeepFool::steps, {1, 1e6}, "most steps of a sample; it stops where it is misclassified")
        .integer("candidates", &DeepFool::candidates, {2, 1000},
                 "number of classes that it looks at, the likeliest first, the sample's own included")
        .number("overshoot", &DeepFool::overshoot, {0, 10}, "how much farther than the boundary it goes, as a share");
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_deepfool() {
  study::Kind kind = declare_attack<DeepFool>(
      "deepfool", "epsilon",
      "DeepFool: shortest steps to the nearest boundary of the linearised network until the sample is misclassified, "
      "then drawn back to the boundary; one search answers every epsilon",
      "Moosavi-Dezfooli, Fawzi, Frossard 2016, arXiv:1511.04599; as foolbox DeepFoolAttack",
      // The samples twice; at each step a gradient for each other class and a pass; 20 bisections; each intensity. Most
      // samples are misclassified after a few steps.
      [](const DeepFool& deepfool, double intensities) {
        const auto steps = static_cast<double>(std::min<std::int64_t>(deepfool.steps, 6));
        return 22.0 + intensities + steps * (1.0 + 2.0 * static_cast<double>(deepfool.candidates - 1));
      },
      [](const DeepFool&) {
        return study::HeldImages{search_images, 1};
      });
  kind.columns.push_back(gradients_column());
  add_search_columns(kind);
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include "bisect.hpp"
#include "deepfool_walk.hpp"
#include "ladder.hpp"

namespace eigensweep::attacks {
namespace {

constexpr std::int64_t halvings_to_boundary = 20;

class DeepFoolAttack final : public Attack {
 public:
  explicit DeepFoolAttack(DeepFool options) : options_(std::move(options)) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    search_nearest(problem, options_.norm, intensities, visit, record_, [this](Search& search) {
      walk_deepfool(search, {options_.steps, options_.candidates, options_.overshoot});
      bisect_nearest(search, halvings_to_boundary, Finder::deepfool);
    });
  }

  void add_columns(std::vector<wire::Measurement>& lanes) const override { record_.add_columns(lanes); }

 private:
  DeepFool options_;
  SearchRecord record_;
};

}  // namespace

std::unique_ptr<Attack> make_deepfool(const Json& options) {
  return std::make_unique<DeepFoolAttack>(study::read<DeepFool>(options));
}

}  // namespace eigensweep::attacks
#endif
