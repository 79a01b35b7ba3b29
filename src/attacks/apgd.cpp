// SPDX-License-Identifier: MIT
#include "attacked_samples.hpp"
#include "norm.hpp"

namespace eigensweep::attacks {
namespace {

struct Apgd : AttackedSamples {
  Norm norm = Norm::linf;
  Objective loss = Objective::log_odds;
  std::int64_t targets = 0;
  std::int64_t steps = 100;
  std::int64_t restarts = 1;

  [[nodiscard]] std::string refuse(const study::DatasetInfo& dataset) const {
    return targets > 0 ? "" : refuse_loss(loss, dataset);
  }
  static study::Fields<Apgd> fields() {
    study::Fields<Apgd> fields;
    fields.intensity("epsilon", {0, 1000}, "radius of the ball").unit("pixel");
    return add_to(fields)
        .choice("norm", &Apgd::norm, {{"linf", Norm::linf}, {"l2", Norm::l2}},
                "of the ball: the largest change of a pixel, or the Euclidean length of all changes")
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
  return declare_attack<Apgd>(
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
}

}  // namespace eigensweep::attacks
#else
#include <bit>

#include "eigensweep/models/numerics/lane_random.hpp"
#include "ladder.hpp"

namespace eigensweep::attacks {
namespace {

class AutoPgd final : public Attack {
 public:
  explicit AutoPgd(Apgd options) : options_(std::move(options)) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    const Region region(options_.norm, problem.lower, problem.upper);
    for (std::size_t i = 0; i < intensities.size(); ++i) {
      std::vector<double> radii;
      if (intensities[i] > 0) radii.push_back(intensities[i]);
      Search search(problem, region, radii);
      if (intensities[i] > 0) run(search, std::bit_cast<std::uint64_t>(intensities[i]));
      visit(i, search.at(intensities[i]));
    }
  }

 private:
  void run(Search& search, std::uint64_t radius) const {
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
  }

  Apgd options_;
};

}  // namespace

std::unique_ptr<Attack> make_apgd(const Json& options) { return std::make_unique<AutoPgd>(study::read<Apgd>(options)); }

}  // namespace eigensweep::attacks
#endif
