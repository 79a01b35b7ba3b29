// SPDX-License-Identifier: MIT
// Shifts and rotations of images, and the search for the worst of them.
#include <catch2/catch.hpp>
#include <cmath>

#include "affine.hpp"
#include "fixture.hpp"
#include "pixel_map.hpp"

using namespace eigensweep;
using attacks::PixelMap;
using fixture::Affine;
using torch::Tensor;

namespace {

Tensor images(std::int64_t channels, std::int64_t height, std::int64_t width) {
  torch::manual_seed(3);
  return torch::rand({4, channels * height * width});
}

/// Torch's own rotation [n, C, H, W] of square images: affine_grid has x before y, and sizes of 2 for whole images.
Tensor rotated_by_torch(const Tensor& pictures, double degrees) {
  const double angle = degrees * 3.14159265358979323846 / 180;
  const Tensor theta =
      torch::tensor({{std::cos(angle), -std::sin(angle), 0.0}, {std::sin(angle), std::cos(angle), 0.0}})
          .unsqueeze(0)
          .expand({pictures.size(0), 2, 3})
          .to(torch::kFloat32);
  return torch::grid_sampler(pictures, torch::affine_grid_generator(theta, pictures.sizes(), /*align_corners=*/false),
                             /*bilinear*/ 0, /*zeros*/ 0, /*align_corners=*/false);
}

}  // namespace

TEST_CASE("a shifted image is the image elsewhere, and black where it comes in") {
  const Tensor x = images(2, 5, 7), pictures = x.unflatten(1, {2, 5, 7});
  const Tensor moved = PixelMap::shift(5, 7, 1, -2).apply(x, -3).unflatten(1, {2, 5, 7});
  CHECK(torch::equal(moved.slice(2, 1, 5).slice(3, 0, 5), pictures.slice(2, 0, 4).slice(3, 2, 7)));
  CHECK(moved.slice(2, 0, 1).eq(-3).all().item<bool>());
  CHECK(moved.slice(3, 5, 7).eq(-3).all().item<bool>());
  CHECK(torch::equal(PixelMap::shift(5, 7, 0, 0).apply(x, -3), x));
  CHECK(PixelMap::shift(5, 7, 5, 0).apply(x, -3).eq(-3).all().item<bool>());
}

TEST_CASE("a rotated image is Torch's, and at right angles its pixels in another order") {
  const Tensor x = images(2, 9, 9), pictures = x.unflatten(1, {2, 9, 9});
  for (const double angle : {-70.0, -10.0, 3.0, 45.0, 120.0}) {
    INFO(angle);
    const Tensor moved = PixelMap::rotation(9, 9, angle).apply(x, 0).unflatten(1, {2, 9, 9});
    CHECK((moved - rotated_by_torch(pictures, angle)).abs().max().item<double>() < 1e-5);
  }
  const Tensor quarter = PixelMap::rotation(9, 9, 90).apply(x, 0).unflatten(1, {2, 9, 9});
  CHECK((quarter - torch::rot90(pictures, 1, {2, 3})).abs().max().item<double>() < 1e-5);
  // Weights of inside and outside add up to 1.
  const Tensor flat = PixelMap::rotation(9, 9, 33).apply(torch::full_like(x, 0.7), 0.7);
  CHECK((flat - 0.7).abs().max().item<double>() < 1e-6);
}

TEST_CASE("the worst shift and rotation are those of trying all, and a larger strength is never less harmful") {
  const Affine net = fixture::regression(200, fixture::ten);
  ToyNetwork model = fixture::network_of(net);
  const auto wrong_by_any = [&](const std::vector<PixelMap>& maps) {
    Tensor wrong = torch::zeros({200}, torch::kBool);
    for (const PixelMap& map : maps) {
      wrong.logical_or_(fixture::fooled(model, map.apply(net.x, 0).unsqueeze(0), net.labels)[0]);
    }
    return wrong;
  };
  std::vector<PixelMap> shifts, turns;
  for (std::int64_t down = -1; down <= 1; ++down) {
    for (std::int64_t right = -1; right <= 1; ++right) shifts.push_back(PixelMap::shift(28, 28, down, right));
  }
  for (int k = -6; k <= 6; ++k) turns.push_back(PixelMap::rotation(28, 28, 2.5 * k));
  const Json none = fixture::attack("translation"), fine = fixture::attack("rotation", {{"resolution", 2.5}});
  const std::vector<Tensor> shifted = fixture::perturb(model, net.x, net.labels, "translation", none, {0, 1.9, 1, 3});
  CHECK(torch::equal(shifted[0][0], net.x));
  CHECK(torch::equal(shifted[1], shifted[2]));
  CHECK(torch::equal(fixture::fooled(model, shifted[1], net.labels)[0], wrong_by_any(shifts)));
  const std::vector<Tensor> turned = fixture::perturb(model, net.x, net.labels, "rotation", fine, {0, 2, 15, 40});
  CHECK(torch::equal(turned[0], turned[1]));
  CHECK(torch::equal(fixture::fooled(model, turned[2], net.labels)[0], wrong_by_any(turns)));
  const auto share = [&](const Tensor& x) {
    return fixture::fooled(model, x, net.labels)[0].to(torch::kFloat64).mean().item<double>();
  };
  CHECK(share(net.x.unsqueeze(0)) < share(shifted[1]));
  CHECK(share(shifted[1]) < share(shifted[3]));
  CHECK(share(turned[1]) < share(turned[2]));
  CHECK(share(turned[2]) < share(turned[3]));
}
