// SPDX-License-Identifier: MIT
#include "square_walk.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "eigensweep/attacks/objective.hpp"
#include "eigensweep/models/numerics/lane_random.hpp"
#include "eigensweep/models/numerics/verdict.hpp"

namespace eigensweep::attacks {
namespace {

/// Of [E, n, k] the rows of `samples` [E, R]: [E, R, k].
Tensor pick(const Tensor& numbers, const Tensor& samples) {
  return numbers.gather(1, samples.unsqueeze(-1).expand({-1, -1, numbers.size(2)}));
}

class Squares {
 public:
  Squares(Search& search, double share, std::uint64_t step) : search_(search), share_(share), step_(step) {
    std::tie(sample_, active_) = search.open_samples();
    const std::vector<std::int64_t>& shape = search.problem().shape;
    channels_ = shape[0], height_ = shape[1], width_ = shape[2];
    label_ = search.problem().labels.expand({sample_.size(0), -1}).gather(1, sample_);
    radius_ = search.target(sample_);
    centre_ = rows_of(search.centre(), sample_);
    best_ = centre_;
    best_value_ = torch::full(sample_.sizes(), -infinity, centre_.options());
  }

  [[nodiscard]] bool is_done() const { return !active_.any().item<bool>(); }

  void query(std::int64_t number) {
    const Tensor x = number == 0 ? stripes() : with_square(number);
    const Tensor logits = search_.problem().model.forward(models::Inputs::per_lane(x), models::Mode::evaluate).logits;
    const Tensor value = value_of(Objective::margin, logits, label_);
    const Tensor is_better = value > best_value_;
    best_value_ = torch::where(is_better, value, best_value_);
    best_ = torch::where(is_better.unsqueeze(-1), x, best_);
    fall(x, models::is_right(logits, label_).logical_not_().logical_and_(active_));
  }

  void compact() {
    const Tensor kept = worth_keeping(active_);
    if (!kept.defined()) return;
    for (Tensor* numbers : {&sample_, &active_, &label_, &radius_, &best_value_}) *numbers = numbers->gather(1, kept);
    for (Tensor* points : {&centre_, &best_}) *points = rows_of(*points, kept);
  }

 private:
  /// [E, R, count] uniform in [0, 1).
  [[nodiscard]] Tensor uniform(std::int64_t number, std::int64_t count) const {
    const Problem& problem = search_.problem();
    const models::LaneRandom random(problem.seeds, random::Purpose::attack_start,
                                    random::mix(step_ + static_cast<std::uint64_t>(number)), sample_.device());
    return pick(random.uniform(problem.sample_ids(), count, 0, 1), sample_);
  }

  [[nodiscard]] Tensor inside(const Tensor& images) const {
    return search_.region().project(features_first(images.flatten(2)), centre_, radius_.to(centre_.scalar_type()));
  }

  [[nodiscard]] Tensor images(const Tensor& points) const { return points.unflatten(2, {channels_, height_, width_}); }

  [[nodiscard]] Tensor reach() const { return radius_.to(centre_.scalar_type()).view({-1, sample_.size(1), 1, 1, 1}); }

  /// The samples with vertical stripes of a pixel's width.
  [[nodiscard]] Tensor stripes() const {
    const Tensor sign = uniform(0, channels_ * width_).round().mul_(2).sub_(1);
    return inside(images(centre_) + reach() * sign.unflatten(2, {channels_, 1, width_}));
  }

  /// The best points with one square more.
  [[nodiscard]] Tensor with_square(std::int64_t number) const {
    const std::int64_t side = square_side(share_, number, height_, width_);
    const Tensor draws = uniform(number, 2 + channels_);
    const auto along = [&](std::int64_t length, std::int64_t draw) {
      const Tensor first = (draws.select(2, draw) * static_cast<double>(length - side + 1)).floor().unsqueeze(-1);
      const Tensor place = torch::arange(length, draws.options());
      return (place >= first).logical_and(place < first + side);  // [E, R, length]
    };
    const Tensor square = along(height_, 0).unsqueeze(-1).logical_and(along(width_, 1).unsqueeze(-2)).unsqueeze(2);
    const Tensor sign =
        draws.narrow(2, 2, channels_).round().mul_(2).sub_(1).view({-1, sample_.size(1), channels_, 1, 1});
    return inside(images(best_) + 2 * reach() * sign * square);
  }

  void fall(const Tensor& x, const Tensor& wrong) {
    if (!wrong.any().item<bool>()) return;
    search_.note(x, sample_, wrong, radius_, Finder::square);
    radius_ = search_.target(sample_);
    best_ = search_.region().project(best_, centre_, radius_.to(centre_.scalar_type()));
    best_value_ = best_value_.masked_fill(wrong, -infinity);
    active_ = active_.logical_and(radius_ > 0);
  }

  Search& search_;
  double share_;
  std::uint64_t step_;
  std::int64_t channels_, height_, width_;
  Tensor sample_, active_, label_, radius_, best_value_;  // [E, R]
  Tensor centre_, best_;                                  // [E, R, d]
};

}  // namespace

std::int64_t square_side(double share, std::int64_t query, std::int64_t height, std::int64_t width) {
  constexpr std::array<std::int64_t, 9> halved_after{10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000};
  for (const std::int64_t last : halved_after) share /= query > last ? 2 : 1;
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(share * static_cast<double>(height * width))));
  return std::clamp<std::int64_t>(side, 1, std::min(height, width));
}

void walk_squares(Search& search, std::int64_t queries, double share, std::uint64_t step) {
  if (search.remaining() == 0) return;
  Squares squares(search, share, step);
  for (std::int64_t number = 0; number < queries && !squares.is_done(); ++number) {
    squares.compact();
    squares.query(number);
  }
}

}  // namespace eigensweep::attacks
