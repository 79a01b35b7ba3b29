// SPDX-License-Identifier: MIT
#include "ball_options.hpp"

namespace eigensweep::attacks {
namespace {

struct Apgd : BallAttack {
  Objective loss = Objective::log_odds;
  std::int64_t targets = 0;
  std::int64_t steps = 100;
  std::int64_t restarts = 1;

  [[nodiscard]] std::string refuse(const study::DatasetInfo& dataset) const {
    return targets > 0 ? "" : refuse_loss(loss, dataset);
  }
  static study::Fields<Apgd> fields() {
    return common<Apgd>()
        .choice("loss", &Apgd::loss,
                {{"log_odds", Objective::log_odds}, {"margin", Objective::margin}, {"dlr", Objective::dlr}},
                "what the attack makes large where it has no target classes; log_odds rises with cross entropy")
        .integer("targets", &Apgd::targets, {0, 1000},
                 "instead of `loss`, towards so many wrong classes in turn, the likeliest first; 0: none")
        .integer("steps", &Apgd::steps, {1, 1e6}, "number of gradient steps of each run")
        .integer("restarts", &Apgd::restarts, {1, 1000}, "number of runs, each from another random start");
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_apgd() {
  study::Kind kind = declare_attack<Apgd>(
      "apgd", "epsilon",
      "Auto-PGD: steps with momentum, halved where the loss no longer rises; a sample counts as fooled by any point on "
      "the way",
      "Croce and Hein 2020, arXiv:2003.01690; as AutoAttack's APGD",
      [](const Apgd& apgd, double intensities) {
        const auto runs = static_cast<double>(std::max<std::int64_t>(1, apgd.targets) * apgd.restarts);
        return 1.0 + intensities * (2.0 + 3.0 * runs * static_cast<double>(apgd.steps));
      },
      [](const Apgd&) {
        return study::HeldImages{search_images, 1};
      });
  kind.columns.push_back(gradients_column());
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include "eigensweep/models/numerics/lane_random.hpp"
#include "gradient_count.hpp"
#include "ladder.hpp"

namespace eigensweep::attacks {
namespace {

class AutoPgd final : public Attack {
 public:
  explicit AutoPgd(Apgd options) : options_(std::move(options)) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    search_each(problem, options_.norm, intensities, visit,
                [this](Search& search, std::uint64_t radius) { run(search, radius); });
  }

  [[nodiscard]] std::optional<Norm> norm() const override { return options_.norm; }
  void add_columns(std::vector<wire::Measurement>& lanes) const override { gradients_.add_column(lanes); }

 private:
  void run(Search& search, std::uint64_t radius) {
    for (std::int64_t restart = 0; restart < options_.restarts; ++restart) {
      const std::uint64_t step = random::mix(radius + static_cast<std::uint64_t>(restart));
      if (options_.targets > 0) {
        walk_to_targets(search, options_.steps, options_.targets, step);
      } else {
        ApgdSteps how;
        how.steps = options_.steps;
        how.objective = options_.loss;
        walk_apgd(search, how, random_start(search, step));
      }
    }
    gradients_.add(search.gradients());
  }

  Apgd options_;
  GradientCount gradients_;
};

}  // namespace

std::unique_ptr<Attack> make_apgd(const Json& options) { return std::make_unique<AutoPgd>(study::read<Apgd>(options)); }

}  // namespace eigensweep::attacks
#endif
