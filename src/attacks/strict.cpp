// SPDX-License-Identifier: MIT
#include "ball_options.hpp"

namespace eigensweep::attacks {
namespace {

struct Strict : BallAttack {
  std::int64_t steps = 20;
  std::int64_t targets = 9;
  std::int64_t queries = 200;

  static study::Fields<Strict> fields() {
    return common<Strict>()
        .integer("steps", &Strict::steps, {1, 1e6}, "number of gradient steps of each run of APGD")
        .integer("targets", &Strict::targets, {0, 1000},
                 "number of wrong classes that APGD is run towards, the likeliest first")
        .integer("queries", &Strict::queries, {0, 1e7},
                 "number of points that the Square attack tries, in the maximum norm");
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_strict() {
  study::Kind kind = declare_attack<Strict>(
      "strict", "epsilon",
      "the nearest misclassified point of each sample, by a grey image, one fast gradient step, APGD on the log-odds, "
      "APGD towards each wrong class and random squares, on a ladder of all radii; robust is a sample that no point of "
      "any of them fools",
      "Croce and Hein 2020, arXiv:2003.01690, for APGD and the choice of attacks",
      // A gradient at the samples and a pass at each radius, twice; a run towards each class from the largest radius
      // that a sample withstands, which costs the first run a few steps more at each radius.
      [](const Strict& strict, double intensities) {
        return 4.0 + 2.0 * intensities + static_cast<double>(strict.queries) +
               3.0 * (5.0 * intensities + static_cast<double>((1 + strict.targets) * strict.steps));
      },
      [](const Strict&) {
        return study::HeldImages{search_images, 1};
      });
  kind.intensities_are_independent = false;
  kind.columns.push_back(gradients_column());
  add_search_columns(kind);
  kind.columns.push_back(
      study::alarmed({squares_share,
                      {},
                      "f64",
                      "",
                      "share of samples whose nearest misclassified point random squares found",
                      nullptr,
                      false},
                     0.02,
                     "an attack without gradients finds what those with gradients miss: gradients are masked; raise "
                     "\"steps\" and \"queries\""));
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include <algorithm>

#include "ladder.hpp"
#include "square_walk.hpp"

namespace eigensweep::attacks {
namespace {

class StrictProtocol final : public Attack {
 public:
  explicit StrictProtocol(Strict options) : options_(std::move(options)) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    const bool has_radius =
        std::any_of(intensities.begin(), intensities.end(), [](double radius) { return radius > 0; });
    search_nearest(problem, options_.norm, intensities, visit, record_, [&](Search& search) {
      if (has_radius) run(search);
    });
  }

  void add_columns(std::vector<wire::Measurement>& lanes) const override {
    record_.add_columns(lanes);
    record_.add_share(squares_share, Finder::square, lanes);
  }

 private:
  void run(Search& search) const {
    search.try_grey();
    search.try_fast_gradient();
    ApgdSteps how;
    how.steps = options_.steps;
    // Each attack has draws of its own.
    constexpr std::uint64_t of_apgd = 0, of_targets = std::uint64_t{1} << 32, of_squares = std::uint64_t{2} << 32;
    walk_apgd(search, how, warm_start(search, of_apgd));
    walk_to_targets(search, options_.steps, options_.targets, of_targets);
    if (options_.norm == Norm::linf) walk_squares(search, options_.queries, /*share=*/0.8, of_squares);
  }

  Strict options_;
  SearchRecord record_;
};

}  // namespace

std::unique_ptr<Attack> make_strict(const Json& options) {
  return std::make_unique<StrictProtocol>(study::read<Strict>(options));
}

}  // namespace eigensweep::attacks
#endif
