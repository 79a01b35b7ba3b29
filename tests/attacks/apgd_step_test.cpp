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

TEST_CASE("a move of APGD in one pass is that of Torch's operations") {
  torch::manual_seed(7);
  const attacks::Region region(attacks::Norm::linf, 0, 1);
  const Points centre, noise(-1), before(-1), gradient(-1);
  const Tensor radius = torch::rand({2, 9}) * 0.3, size = 2 * radius, share = torch::rand({2, 9});
  const auto start = [&](const Tensor& from, const Tensor& middle) {
    return region.project(middle + 0.2 * from, middle, radius).clone();
  };
  ApgdPoints fast{start(noise.rows, centre.rows), start(before.rows, centre.rows), {}, {}};
  ApgdPoints slow{start(noise.others, centre.others), start(before.others, centre.others), {}, {}};
  for (int step = 0; step < 3; ++step) {
    attacks::move_apgd(fast, region, gradient.rows, centre.rows, radius, size, share);
    attacks::move_apgd(slow, region, gradient.others, centre.others, radius, size, share);
    CHECK((fast.x - slow.x).abs().max().item<double>() < 1e-6);
    CHECK((fast.previous - slow.previous).abs().max().item<double>() < 1e-6);
    CHECK((fast.x - fast.previous).abs().max().item<double>() > 1e-3);
  }
}

TEST_CASE("the best points of APGD are kept where they are better, in either order of memory") {
  torch::manual_seed(8);
  const Points x, best, gradient(-1), best_gradient(-1);
  const Tensor is_best = torch::rand({2, 9}) < 0.5;
  ApgdPoints fast{x.rows, {}, best.rows.clone(), best_gradient.rows.clone()};
  ApgdPoints slow{x.others, {}, best.others.clone(), best_gradient.others.clone()};
  attacks::keep_best(fast, gradient.rows, is_best);
  attacks::keep_best(slow, gradient.others, is_best);
  CHECK(torch::equal(fast.best, slow.best));
  CHECK(torch::equal(fast.best_gradient, slow.best_gradient));
  CHECK(torch::equal(fast.best, torch::where(is_best.unsqueeze(-1), x.others, best.others)));
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
