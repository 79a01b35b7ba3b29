// SPDX-License-Identifier: MIT
// The shortest way to a hyperplane inside the box, against bisection of the multiplier in float64.
#include "hyperplane.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace eigensweep;
using attacks::Norm;
using attacks::Region;
using torch::Tensor;

namespace {

struct Case {
  Tensor from, normal, rise;  // [E, R, d], [E, R, d], [E, R]
};

/// Points of which many coordinates lie on faces of the box, normals with zeros, planes within reach and beyond it.
Case random_case() {
  torch::manual_seed(5);
  Case made;
  made.from = (torch::rand({2, 400, 30}, torch::kFloat64) * 1.6 - 0.3).clamp(0, 1);
  made.normal = torch::randn({2, 400, 30}, torch::kFloat64);
  made.normal *= torch::rand({2, 400, 30}, torch::kFloat64) > 0.2;
  made.rise = torch::randn({2, 400}, torch::kFloat64) * 6;
  return made;
}

/// The offset of multiplier t: of each coordinate along the rise, as far as the box lets it.
Tensor offset_of(const Case& is, const Tensor& t, Norm norm) {
  const Tensor along = is.rise.sign().unsqueeze(-1) * (norm == Norm::linf ? is.normal.sign() : is.normal);
  return (is.from + t * along).clamp(0, 1) - is.from;
}

/// By bisection. A plane beyond the box has the offset of a multiplier that exhausts the box.
Tensor by_bisection(const Case& is, Norm norm) {
  Tensor low = torch::zeros({2, 400, 1}, torch::kFloat64), high = torch::full_like(low, 1e9);
  for (int i = 0; i < 200; ++i) {
    const Tensor middle = (low + high) / 2;
    const Tensor risen = (offset_of(is, middle, norm) * is.normal).sum(-1, true);
    const Tensor is_short = risen.abs() < is.rise.abs().unsqueeze(-1);
    low = torch::where(is_short, middle, low);
    high = torch::where(is_short, high, middle);
  }
  return offset_of(is, high, norm);
}

}  // namespace

TEST_CASE("the offset to a hyperplane in the box is the one that bisection finds, within reach and beyond") {
  const Case is = random_case();
  for (const Norm norm : {Norm::linf, Norm::l2}) {
    const Region region(norm, 0, 1);
    const Tensor wanted = by_bisection(is, norm);
    const Tensor risen = (wanted * is.normal).sum(-1);
    const Tensor is_reached = (risen - is.rise).abs() < 1e-9;
    CHECK(is_reached.sum().item<std::int64_t>() > 300);
    CHECK(is_reached.logical_not().sum().item<std::int64_t>() > 100);
    const Tensor exact = attacks::offset_to_plane(region, is.from, is.normal, is.rise);
    CHECK((exact - wanted).abs().max().item<double>() < 1e-9);
    const Tensor rounded = attacks::offset_to_plane(region, is.from.to(torch::kFloat32), is.normal.to(torch::kFloat32),
                                                    is.rise.to(torch::kFloat32));
    const Tensor more = (region.distance(rounded.to(torch::kFloat64), torch::zeros_like(wanted)) -
                         region.distance(wanted, torch::zeros_like(wanted)));
    CHECK(more.masked_select(is_reached).abs().max().item<double>() < 1e-5);
    CHECK(((rounded * is.normal).sum(-1) - risen).abs().max().item<double>() < 1e-4);
  }
}

TEST_CASE("no point of the plane in the box is nearer than the offset's end") {
  const Case is = random_case();
  for (const Norm norm : {Norm::linf, Norm::l2}) {
    const Region region(norm, 0, 1);
    const Tensor none = torch::zeros_like(is.from);
    const Tensor length = region.distance(attacks::offset_to_plane(region, is.from, is.normal, is.rise), none);
    for (int i = 0; i < 50; ++i) {
      // A random offset along the rise, lengthened or cut to one that rises as far as it must where the box allows.
      const Tensor share = torch::rand_like(is.from);
      Tensor offset = share * offset_of(is, torch::full({1, 1, 1}, 1e9, torch::kFloat64), norm);
      const Tensor risen = (offset * is.normal).sum(-1);
      const Tensor is_enough = risen.abs() >= is.rise.abs();
      offset = offset * (is.rise / risen).unsqueeze(-1);
      CHECK_FALSE((region.distance(offset, none) < length - 1e-9).logical_and(is_enough).any().item<bool>());
    }
  }
}

TEST_CASE("the offset does not depend on the normal's scale, is 0 along no normal, and finite without bounds") {
  const Case is = random_case();
  const double inf = std::numeric_limits<double>::infinity();
  for (const Norm norm : {Norm::linf, Norm::l2}) {
    const Region region(norm, 0, 1);
    const Tensor from = is.from.to(torch::kFloat32), normal = is.normal.to(torch::kFloat32),
                 rise = is.rise.to(torch::kFloat32);
    const Tensor wanted = attacks::offset_to_plane(region, from, normal, rise);
    for (const double scale : {1e-30, 1e-10, 1e10, 1e30}) {
      CHECK((attacks::offset_to_plane(region, from, normal * scale, rise * scale) - wanted).abs().max().item<double>() <
            1e-4);
    }
    CHECK(attacks::offset_to_plane(region, from, torch::zeros_like(normal), rise).eq(0).all().item<bool>());
    const Tensor unbounded = attacks::offset_to_plane(Region(norm, -inf, inf), from, normal * 1e-37, rise);
    CHECK(unbounded.isfinite().all().item<bool>());
    const Tensor open = attacks::offset_to_plane(Region(norm, -inf, inf), from, normal, rise);
    const Tensor dual = norm == Norm::linf ? normal.abs().sum(-1) : normal.norm(2, -1);
    const Tensor length = region.distance(open, torch::zeros_like(open));
    CHECK((length - rise.abs() / dual).abs().max().item<double>() < 1e-4);
  }
}
