// SPDX-License-Identifier: MIT
#include "ball_options.hpp"

namespace eigensweep::attacks {
namespace {

struct Fab : BallAttack {
  std::int64_t steps = 100;
  std::int64_t targets = 9;

  static study::Fields<Fab> fields() {
    return common<Fab>()
        .integer("steps", &Fab::steps, {1, 1e6}, "number of gradient steps towards each class")
        .integer("targets", &Fab::targets, {1, 1000},
                 "number of wrong classes that it goes towards, the likeliest first; no more than there are");
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_fab() {
  study::Kind kind = declare_attack<Fab>(
      "fab", "epsilon",
      "FAB: the nearest misclassified point of each sample, by steps onto hyperplanes of equal logits inside the box; "
      "one search answers every epsilon",
      "Croce and Hein 2020, arXiv:1907.02044; as AutoAttack's FAB-T",
      // The samples twice; a gradient and a pass at each step and 5 at each run's end; 20 bisections; each intensity.
      [](const Fab& fab, double intensities) {
        return 22.0 + intensities + static_cast<double>(fab.targets) * (5.0 + 3.0 * static_cast<double>(fab.steps));
      },
      [](const Fab&) {
        return study::HeldImages{search_images, 1};
      });
  kind.columns.push_back(gradients_column());
  add_search_columns(kind);
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include "fab_walk.hpp"
#include "ladder.hpp"

namespace eigensweep::attacks {
namespace {

class FastAdaptiveBoundary final : public Attack {
 public:
  explicit FastAdaptiveBoundary(Fab options) : options_(std::move(options)) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    search_nearest(problem, options_.norm, intensities, visit, record_,
                   [this](Search& search) { walk_fab(search, options_.steps, options_.targets); });
  }

  void add_columns(std::vector<wire::Measurement>& lanes) const override { record_.add_columns(lanes); }

 private:
  Fab options_;
  SearchRecord record_;
};

}  // namespace

std::unique_ptr<Attack> make_fab(const Json& options) {
  return std::make_unique<FastAdaptiveBoundary>(study::read<Fab>(options));
}

}  // namespace eigensweep::attacks
#endif
