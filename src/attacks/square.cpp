// SPDX-License-Identifier: MIT
#include "ball_options.hpp"

namespace eigensweep::attacks {
namespace {

struct Square : BallAttack {
  std::int64_t queries = 5000;
  double initial_share = 0.8;

  static study::Fields<Square> fields() {
    return common<Square>()
        .integer("queries", &Square::queries, {1, 1e7}, "number of points that are tried of each sample")
        .number("initial_share", &Square::initial_share, {0, 1, true},
                "share of the image that the first squares cover");
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_square() {
  study::Kind kind = declare_attack<Square>(
      "square", "epsilon",
      "random moves of squares of pixels, kept where they help: needs no gradients; a sample counts as fooled by any "
      "point on the way",
      "Andriushchenko, Croce, Flammarion, Hein 2020, arXiv:1912.00049; as AutoAttack's Square",
      [](const Square& square, double intensities) {
        return 1.0 + intensities * (2.0 + static_cast<double>(square.queries));
      },
      [](const Square&) {
        return study::HeldImages{search_images, 1};
      });
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include "ladder.hpp"
#include "square_walk.hpp"

namespace eigensweep::attacks {
namespace {

class SquareAttack final : public Attack {
 public:
  explicit SquareAttack(Square options) : options_(std::move(options)) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    search_each(problem, options_.norm, intensities, visit, [this](Search& search, std::uint64_t radius) {
      walk_squares(search, options_.queries, options_.initial_share, radius);
    });
  }

  [[nodiscard]] std::optional<Norm> norm() const override { return options_.norm; }

 private:
  Square options_;
};

}  // namespace

std::unique_ptr<Attack> make_square(const Json& options) {
  return std::make_unique<SquareAttack>(study::read<Square>(options));
}

}  // namespace eigensweep::attacks
#endif
