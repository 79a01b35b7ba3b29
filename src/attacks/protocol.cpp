// SPDX-License-Identifier: MIT
#include "protocol.hpp"

#include <algorithm>

#include "columns.hpp"
#include "eigensweep/models/numerics/lane_random.hpp"
#include "fab_walk.hpp"
#include "ladder.hpp"
#include "square_walk.hpp"

namespace eigensweep::attacks {
namespace {

constexpr double first_squares = 0.8;  // of the image, as AutoAttack has it

class Protocol final : public Attack {
 public:
  Protocol(Norm norm, const Effort& effort) : norm_(norm), effort_(effort) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    const bool has_radius =
        std::any_of(intensities.begin(), intensities.end(), [](double radius) { return radius > 0; });
    search_nearest(problem, norm_, intensities, visit, record_, [&](Search& search) {
      if (has_radius) run(search);
    });
  }

  void add_columns(std::vector<wire::Measurement>& lanes) const override {
    record_.add_columns(lanes);
    record_.add_tenths(lanes);
    record_.add_share(squares_share, Finder::square, lanes);
  }

 private:
  void run(Search& search) const {
    search.try_grey();
    search.try_fast_gradient();
    ApgdSteps how;
    how.steps = effort_.steps;
    how.gives_up = effort_.gives_up;
    // Each attack has draws of its own.
    constexpr std::uint64_t of_apgd = 0, of_targets = std::uint64_t{1} << 32, of_squares = std::uint64_t{2} << 32;
    walk_apgd(search, how, warm_start(search, of_apgd));
    how.leaves_out = effort_.gives_up;
    for (std::int64_t run = 1; run < effort_.runs; ++run) {
      walk_apgd(search, how, random_start(search, random::mix(of_apgd + static_cast<std::uint64_t>(run))));
    }
    walk_to_targets(search, effort_.target_steps, effort_.targets, of_targets, effort_.gives_up);
    if (effort_.fab_steps > 0) walk_fab(search, effort_.fab_steps, effort_.targets, FabSamples::open);
    walk_squares(search, effort_.queries, first_squares, of_squares);
  }

  Norm norm_;
  Effort effort_;
  SearchRecord record_;
};

}  // namespace

std::unique_ptr<Attack> make_protocol(Norm norm, const Effort& effort) {
  return std::make_unique<Protocol>(norm, effort);
}

}  // namespace eigensweep::attacks
