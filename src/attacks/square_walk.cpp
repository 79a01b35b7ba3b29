// SPDX-License-Identifier: MIT
#include "square_walk.hpp"

#include "eigensweep/attacks/objective.hpp"
#include "eigensweep/models/numerics/lane_random.hpp"
#include "eigensweep/models/numerics/verdict.hpp"
#include "search_rows.hpp"
#include "square_move.hpp"

namespace eigensweep::attacks {
namespace {

/// Of [E, n, k] the rows of `samples` [E, R]: [E, R, k].
Tensor pick(const Tensor& numbers, const Tensor& samples) {
  return numbers.gather(1, samples.unsqueeze(-1).expand({-1, -1, numbers.size(2)}));
}

class Squares : private SearchRows {
 public:
  Squares(Search& search, double share, std::uint64_t step)
      : SearchRows(search, search.open_samples()),
        moves_(search.region(), search.problem().shape),
        share_(share),
        step_(step),
        radius_(search.target(sample_)),
        best_value_(torch::full(sample_.sizes(), -infinity, centre_.options())),
        best_(centre_.clone()) {}

  void go(std::int64_t queries) {
    for (std::int64_t number = 0; number < queries && !is_done(); ++number) {
      compact({&radius_, &best_value_}, {&best_});
      query(number);
    }
  }

 private:
  void query(std::int64_t number) {
    const Tensor x = next(number);
    const Tensor logits = model().forward(models::Inputs::per_lane(x), models::Mode::evaluate).logits;
    const Tensor value = value_of(Objective::margin, logits, label_);
    const Tensor is_better = value > best_value_;
    best_value_ = torch::where(is_better, value, best_value_);
    take_rows(best_, x, is_better);
    fall(x, models::is_right(logits, label_).logical_not_().logical_and_(active_));
  }

  /// [E, R, count] uniform in [0, 1).
  [[nodiscard]] Tensor uniform(std::int64_t number, std::int64_t count) const {
    const Problem& problem = search_.problem();
    const models::LaneRandom random(problem.seeds, random::Purpose::attack_start,
                                    random::mix(step_ + static_cast<std::uint64_t>(number)), sample_.device());
    return pick(random.uniform(problem.sample_ids(), count, 0, 1), sample_);
  }

  [[nodiscard]] Tensor next(std::int64_t number) const {
    if (number == 0) return moves_.first(centre_, in_float(radius_), uniform(0, moves_.first_draws()));
    const std::vector<std::int64_t>& shape = search_.problem().shape;
    const std::int64_t side = square_side(search_.region().norm(), share_, number, shape[1], shape[2]);
    return moves_.moved(best_, centre_, in_float(radius_), side, uniform(number, moves_.draws()));
  }

  void fall(const Tensor& x, const Tensor& wrong) {
    if (!wrong.any().item<bool>()) return;
    search_.note(x, sample_, wrong, radius_, Finder::square);
    radius_ = search_.target(sample_);
    const std::vector<Tensor> found = wrong.nonzero_numpy();
    const Tensor &lane = found[0], &row = found[1];
    best_.index_put_({lane, row}, search_.region().project(best_.index({lane, row}), centre_.index({lane, row}),
                                                           in_float(radius_.index({lane, row}))));
    best_value_ = best_value_.masked_fill(wrong, -infinity);
    active_ = active_.logical_and(radius_ > 0);
  }

  SquareMoves moves_;
  double share_;
  std::uint64_t step_;
  Tensor radius_, best_value_;  // [E, R]
  Tensor best_;                 // [E, R, d]
};

}  // namespace

void walk_squares(Search& search, std::int64_t queries, double share, std::uint64_t step) {
  if (queries > 0 && search.remaining() > 0) Squares(search, share, step).go(queries);
}

}  // namespace eigensweep::attacks
