// SPDX-License-Identifier: MIT
// The moves of the Square attack in both norms.
#include <catch2/catch.hpp>

#include "affine.hpp"
#include "eigensweep/attacks/evaluate.hpp"
#include "fixture.hpp"
#include "rows.hpp"
#include "square_move.hpp"

using namespace eigensweep;
using attacks::Norm;
using attacks::Region;
using attacks::SquareMoves;
using fixture::Affine;
using torch::Tensor;

namespace {

constexpr double radius_of_all = 0.2;

/// Points [2, 7, 3 * 8 * 6] inside the box, so far from its ends that no move of this size reaches them.
Tensor images() {
  torch::manual_seed(5);
  return attacks::features_first(0.45 + 0.1 * torch::rand({2, 7, 144}));
}

const std::vector<std::int64_t> shape{3, 8, 6};

Tensor random_numbers(std::int64_t count) { return torch::rand({2, 7, count}); }

Tensor length(const Tensor& points) { return points.norm(2, -1); }

}  // namespace

TEST_CASE("a bump has the heights of the authors' code") {
  // AutoAttack a392200, square.py: eta(s) without its random transposition, in float64.
  const Tensor three = torch::tensor({{0.13608276, 0.68041382, 0.13608276},
                                      {-0.12909944, -0.12909944, -0.12909944},
                                      {-0.12909944, -0.64549722, -0.12909944}},
                                     torch::kFloat64);
  const Tensor five = torch::tensor({{0.04916216, 0.15977703, 0.15977703, 0.15977703, 0.04916216},
                                     {0.04916216, 0.15977703, 0.60223652, 0.15977703, 0.04916216},
                                     {-0.04559015, -0.14816799, -0.14816799, -0.14816799, -0.04559015},
                                     {-0.04559015, -0.14816799, -0.55847936, -0.14816799, -0.04559015},
                                     {-0.04559015, -0.14816799, -0.14816799, -0.14816799, -0.04559015}},
                                    torch::kFloat64);
  CHECK((attacks::bump(3) - three).abs().max().item<double>() < 1e-8);
  CHECK((attacks::bump(5) - five).abs().max().item<double>() < 1e-8);
  CHECK(attacks::bump(1).item<double>() == -1);
}

TEST_CASE("in the maximum norm a move is a square of twice the radius, in one pass as by Torch's operations") {
  const Region region(Norm::linf, 0, 1);
  const SquareMoves moves(region, shape);
  const Tensor centre = images(), radius = torch::full({2, 7}, radius_of_all);
  const Tensor start = moves.first(centre, radius, random_numbers(moves.first_draws()));
  CHECK((start - centre).abs().sub(radius_of_all).abs().max().item<double>() < 1e-6);
  for (const std::int64_t side : {1, 3, 6}) {
    const Tensor random = random_numbers(moves.draws());
    const Tensor moved = moves.moved(start, centre, radius, side, random);
    const Tensor slow = moves.moved(start.contiguous(), centre.contiguous(), radius, side, random);
    CHECK(torch::equal(moved, slow));
    CHECK((moved - centre).abs().sub(radius_of_all).abs().max().item<double>() < 1e-6);
    // What changes lies within the square of each channel; from stripes about half of its pixels do.
    const Tensor changed = (moved != start).unflatten(2, {3, 8, 6});
    CHECK(changed.any(4).sum(3).max().item<std::int64_t>() <= side);
    CHECK(changed.any(3).sum(3).max().item<std::int64_t>() <= side);
    CHECK(changed.any().item<bool>());
  }
}

TEST_CASE("a square can lie at every place, at the image's edges as well") {
  const Region region(Norm::linf, 0, 1);
  const SquareMoves moves(region, {1, 3, 3});
  const Tensor centre = attacks::features_first(torch::full({1, 500, 9}, 0.5));
  const Tensor radius = torch::full({1, 500}, radius_of_all);
  const Tensor moved = moves.moved(centre, centre, radius, 1, torch::rand({1, 500, moves.draws()}));
  const Tensor times = (moved != centre).to(torch::kFloat64).sum(1).squeeze(0);  // [9]
  CHECK(times.sum().item<double>() == 500);
  CHECK(times.min().item<double>() > 25);  // 56 are expected
}

TEST_CASE("in the Euclidean norm a move stays on the sphere and empties its second square") {
  const Region region(Norm::l2, 0, 1);
  const SquareMoves moves(region, shape);
  const Tensor centre = images(), radius = torch::full({2, 7}, radius_of_all);
  const Tensor start = moves.first(centre, radius, random_numbers(moves.first_draws()));
  CHECK((length(start - centre) - radius_of_all).abs().max().item<double>() < 1e-6);
  // Tiles of one pixel cover this image; each is a bump up or down, all of one size.
  CHECK((start - centre).abs().sub(radius_of_all / 12).abs().max().item<double>() < 1e-6);
  // The first square at the upper left corner, the second at the lower right one.
  Tensor random = random_numbers(moves.draws());
  random.slice(2, 0, 2).fill_(0);
  random.slice(2, 2, 4).fill_(0.9999);
  const Tensor moved = moves.moved(start, centre, radius, 3, random);
  CHECK((length(moved - centre) - radius_of_all).abs().max().item<double>() < 1e-6);
  const Tensor change = (moved - centre).unflatten(2, {3, 8, 6});
  CHECK(change.slice(3, 5, 8).slice(4, 3, 6).abs().max().item<double>() < 1e-7);
  // The rest is as it was, but for the scale that brings all to the sphere, which was there before.
  const Tensor rest = (moved - start).unflatten(2, {3, 8, 6}).slice(3, 0, 3).slice(4, 3, 6);
  CHECK(rest.abs().max().item<double>() < 1e-6);
  // The bump took what both squares had.
  const auto energy = [](const Tensor& part) { return part.square().sum({3, 4}); };
  const Tensor before = (start - centre).unflatten(2, {3, 8, 6});
  const Tensor had = energy(before.slice(3, 0, 3).slice(4, 0, 3)) + energy(before.slice(3, 5, 8).slice(4, 3, 6));
  CHECK((energy(change.slice(3, 0, 3).slice(4, 0, 3)) - had).abs().max().item<double>() < 1e-6);
}

TEST_CASE("Square in the Euclidean norm fools what it can without gradients, and nothing that is certified") {
  const Affine net = fixture::regression(120, fixture::ten);
  ToyNetwork model = fixture::network_of(net);
  const std::vector<double> radii{0.5, 1.5, 3};
  const Json options = fixture::attack("square", {{"norm", "l2"}, {"queries", 400}});
  const std::vector<Tensor> found = fixture::perturb(model, net.x, net.labels, "square", options, radii);
  for (std::size_t i = 0; i < radii.size(); ++i) {
    const Tensor gap = fixture::worst_gap_l2(net, radii[i]);
    const Tensor is_fooled = fixture::fooled(model, found[i], net.labels)[0];
    CHECK_FALSE(is_fooled.logical_and(gap < -1e-4).any().item<bool>());
    CHECK((found[i][0] - net.x).norm(2, 1).max().item<double>() <= radii[i] * (1 + 1e-5));
    CHECK(found[i].min().item<double>() >= 0);
    CHECK(found[i].max().item<double>() <= 1);
    const double share = is_fooled.to(torch::kFloat64).mean().item<double>();
    const double possible = (gap > 0).to(torch::kFloat64).mean().item<double>();
    INFO(share << " of " << possible);
    if (i == 2) CHECK(share > 0.6 * possible);
  }
}

TEST_CASE("Square belongs to seed and sample in both norms, in batches of 1, of 7 and of all") {
  const Affine net = fixture::regression(21, fixture::ten);
  ToyNetwork model = fixture::network_of(net);
  for (const char* norm : {"linf", "l2"}) {
    const Json options = fixture::attack("square", {{"norm", norm}, {"queries", 30}});
    const double radius = std::string(norm) == "l2" ? 1.5 : 0.1;
    const Tensor whole = fixture::perturb(model, net.x, net.labels, "square", options, {radius})[0];
    for (const std::int64_t size : {1, 7}) {
      for (std::int64_t first = 0; first < 21; first += size) {
        const Tensor piece = fixture::perturb(model, net.x.narrow(0, first, size), net.labels.narrow(0, first, size),
                                              "square", options, {radius}, first)[0];
        CHECK((piece - whole.narrow(1, first, size)).abs().max().item<double>() < 1e-4);
      }
    }
  }
}
