// SPDX-License-Identifier: MIT
// The loops over memory of APGD's steps, against Torch's operations, which points in another order of memory take.
#include "apgd_step.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "rows.hpp"

using namespace eigensweep;
using attacks::ApgdPoints;
using torch::Tensor;

namespace {

/// Points [2, 9, 30] in [0, 1] of both orders: features first, and not.
struct Points {
  Tensor rows, others;
  explicit Points(double low = 0) : others(low + (1 - low) * torch::rand({2, 9, 30})) {
    rows = attacks::features_first(others);
  }
};

}  // namespace

TEST_CASE("a step of APGD in one pass is that of Torch's operations, and of the formula") {
  torch::manual_seed(7);
  const attacks::Region region(attacks::Norm::linf, 0, 1);
  const Points centre, noise(-1), before(-1), start_gradient(-1);
  const Tensor radius = torch::rand({2, 9}) * 0.3, size = 2 * radius, share = torch::rand({2, 9});
  const auto start = [&](const Tensor& from, const Tensor& middle) {
    return region.project(middle + 0.2 * from, middle, radius).clone();
  };
  ApgdPoints fast{start(noise.rows, centre.rows), start(before.rows, centre.rows), centre.rows.clone(),
                  start_gradient.rows.clone()};
  ApgdPoints slow{start(noise.others, centre.others), start(before.others, centre.others), centre.others.clone(),
                  start_gradient.others.clone()};
  for (int step = 0; step < 6; ++step) {
    const Points gradient(-1);
    const Tensor is_best = torch::rand({2, 9}) < 0.5;
    const Tensor is_back = step % 2 == 0 ? Tensor() : (torch::rand({2, 9}) < 0.5).logical_and(is_best.logical_not());
    const ApgdPoints old{slow.x.clone(), slow.previous.clone(), slow.best.clone(), slow.best_gradient.clone()};
    attacks::step_apgd(fast, region, gradient.rows, centre.rows, {is_best, is_back, radius, size, share});
    attacks::step_apgd(slow, region, gradient.others, centre.others, {is_best, is_back, radius, size, share});
    for (const auto& [one, other] : {std::pair{fast.x, slow.x}, {fast.previous, slow.previous}}) {
      CHECK((one - other).abs().max().item<double>() < 1e-6);
    }
    CHECK(torch::allclose(fast.best, slow.best, 0, 1e-6));
    CHECK(torch::equal(fast.best_gradient, slow.best_gradient));
    CHECK((fast.x - fast.previous).abs().max().item<double>() > 1e-3);
    // Sample 4 of lane 1, by hand.
    const auto at = [](const Tensor& points) { return points[1][4]; };
    const auto flag = [](const Tensor& flags) { return flags.defined() && flags[1][4].item<bool>(); };
    const Tensor best = flag(is_best) ? at(old.x) : at(old.best);
    const Tensor slope = flag(is_best) ? at(gradient.others) : at(old.best_gradient);
    CHECK(torch::equal(at(slow.best), best));
    CHECK(torch::equal(at(slow.best_gradient), slope));
    const Tensor from = flag(is_back) ? best : at(old.x), along = flag(is_back) ? slope : at(gradient.others);
    const Tensor low = (at(centre.others) - radius[1][4]).clamp_min(0);
    const Tensor high = (at(centre.others) + radius[1][4]).clamp_max(1);
    const auto drawn_in = [&](const Tensor& x) { return torch::minimum(torch::maximum(x, low), high); };
    const Tensor aim = drawn_in(from + size[1][4] * along.sign());
    const Tensor to = from + share[1][4] * (aim - from) + (1 - share[1][4]) * (from - at(old.previous));
    CHECK((at(slow.x) - drawn_in(to)).abs().max().item<double>() < 1e-6);
    CHECK(torch::equal(at(slow.previous), from));
  }
}

TEST_CASE("rows are taken where the flags say so, in either order of memory") {
  torch::manual_seed(8);
  const Points from, to;
  const Tensor is_taken = torch::rand({2, 9}) < 0.5;
  Tensor fast = to.rows.clone(), slow = to.others.clone();
  attacks::take_rows(fast, from.rows, is_taken);
  attacks::take_rows(slow, from.others, is_taken);
  CHECK(torch::equal(fast, slow));
  CHECK(torch::equal(fast, torch::where(is_taken.unsqueeze(-1), from.others, to.others)));
}

TEST_CASE("the largest entry of a point is the same in either order of memory, and NaN is one") {
  torch::manual_seed(9);
  Points points(-1);
  CHECK(torch::equal(attacks::largest_entry(points.rows), points.others.abs().amax(-1)));
  for (const std::int64_t feature : {0, 15, 29}) {
    Tensor broken = points.rows.clone();
    broken[1][4][feature] = NAN;
    const Tensor largest = attacks::largest_entry(broken);
    CHECK(std::isnan(largest[1][4].item<float>()));
    CHECK(largest.isnan().sum().item<std::int64_t>() == 1);
  }
}
