// SPDX-License-Identifier: MIT
#include "region.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "rows.hpp"

using namespace eigensweep;
using attacks::Norm;
using attacks::Region;
using torch::Tensor;

namespace {

Tensor some_points() {
  torch::manual_seed(3);
  return attacks::features_first(torch::rand({2, 5, 30}));
}

}  // namespace

TEST_CASE("the steepest direction has length 1 whatever the gradient's scale, and is 0 where the gradient is") {
  const Tensor gradient = some_points() - 0.5;
  for (const double scale : {1e-36, 1e-30, 1e-12, 1.0, 1e12, 1e30}) {
    INFO("scale " << scale);
    const Tensor unit = Region(Norm::l2, 0, 1).direction(gradient * scale);
    CHECK((unit.norm(2, -1) - 1).abs().max().item<double>() < 1e-5);
    CHECK((unit - Region(Norm::l2, 0, 1).direction(gradient)).abs().max().item<double>() < 1e-5);
    CHECK(torch::equal(Region(Norm::linf, 0, 1).direction(gradient * scale), gradient.sign()));
  }
  for (const Norm norm : {Norm::linf, Norm::l2}) {
    CHECK(Region(norm, 0, 1).direction(torch::zeros_like(gradient)).eq(0).all().item<bool>());
  }
}

TEST_CASE("a projected point lies in its own ball and in the box, and a point that does already stays") {
  const Tensor centre = some_points();
  const Tensor radius = torch::tensor({{0.01, 0.1, 0.3, 2.0, 0.0}, {0.02, 0.2, 0.5, 0.05, 1.0}}, torch::kFloat32);
  for (const Norm norm : {Norm::linf, Norm::l2}) {
    const Region region(norm, 0, 1);
    const Tensor far = centre + 3 * (some_points().flip(0) - 0.5);
    const Tensor inside = region.project(far, centre, radius);
    CHECK(inside.min().item<float>() >= 0.0F);
    CHECK(inside.max().item<float>() <= 1.0F);
    CHECK((region.distance(inside, centre) <= radius * (1 + 1e-6) + 1e-7).all().item<bool>());
    CHECK((region.project(inside, centre, radius) - inside).abs().max().item<double>() < 1e-6);
  }
}

TEST_CASE("in the Euclidean norm a point outside is drawn to the surface of its ball, also where the box cuts it off") {
  const Tensor centre = some_points();
  const Tensor far = centre + 3 * (some_points().flip(0) - 0.5);
  const Region region(Norm::l2, 0, 1);
  const Tensor radius = torch::full({2, 5}, 1.0F);
  const Tensor inside = region.project(far, centre, radius);
  CHECK(((inside - far).abs() > 1e-3).logical_and((inside == 0).logical_or(inside == 1)).any().item<bool>());
  CHECK((region.distance(inside, centre) - 1).abs().max().item<double>() < 0.01);
}

TEST_CASE("a start lies on the surface of its ball where no pixel is at the end of the box") {
  torch::manual_seed(4);
  const Tensor centre = torch::full({2, 5, 30}, 0.5), noise = torch::rand({2, 5, 30}) * 2 - 1;
  const Tensor radius = torch::full({2, 5}, 0.25);
  for (const Norm norm : {Norm::linf, Norm::l2}) {
    const Region region(norm, 0, 1);
    CHECK((region.distance(region.on_surface(noise, centre, radius), centre) - 0.25).abs().max().item<double>() < 1e-6);
  }
}
