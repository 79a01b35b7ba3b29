// SPDX-License-Identifier: MIT
// FAB, whose distances on affine networks are known exactly.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "affine.hpp"
#include "eigensweep/attacks/evaluate.hpp"
#include "fab_walk.hpp"
#include "fixture.hpp"
#include "searched.hpp"

using namespace eigensweep;
using attacks::Norm;
using fixture::Affine;
using fixture::network_of;
using fixture::perturb;
using fixture::Searched;
using torch::Tensor;

TEST_CASE("FAB finds the exact distance of an affine network in its box, in both norms") {
  const Affine net = fixture::regression(120, fixture::ten);
  ToyNetwork model = network_of(net);
  for (const Norm norm : {Norm::linf, Norm::l2}) {
    const Tensor exact = fixture::exact_distance(net, norm);
    Searched searched(model, net.x, net.labels, norm);
    attacks::walk_fab(searched.search, 10, 9);
    const Tensor found = searched.search.distance()[0];
    const Tensor right = exact > 0;
    CHECK(right.sum().item<std::int64_t>() > 80);
    CHECK(found.masked_select(right.logical_not()).eq(0).all().item<bool>());
    const Tensor ratio = (found / exact).masked_select(right);
    INFO("from " << ratio.min().item<double>() << " to " << ratio.max().item<double>() << " of the exact distance");
    CHECK(ratio.max().item<double>() < 1 + 5e-5);
    CHECK(ratio.min().item<double>() > 1 - 2e-5);
  }
}

TEST_CASE("FAB's points are misclassified, in the box, and as far away as their distance says") {
  const Affine net = fixture::regression(80, fixture::ten);
  const ToyNetwork tanh = ToyNetwork::random(2, {784, 30, 10}, 3);
  ToyNetwork model = tanh.alone(0), affine = network_of(net);
  for (ToyNetwork* attacked : {&model, &affine}) {
    for (const Norm norm : {Norm::linf, Norm::l2}) {
      const Tensor labels =
          attacked == &affine
              ? net.labels
              : attacked->forward(models::Inputs::shared(net.x, 1), models::Mode::evaluate).logits[0].argmax(0);
      Searched searched(*attacked, net.x, labels, norm);
      attacks::walk_fab(searched.search, 20, 3);
      const Tensor is_found = searched.search.distance().isfinite();
      CHECK(is_found.all().item<bool>());
      const Tensor& points = searched.search.nearest();
      CHECK(fixture::fooled(*attacked, points, labels).logical_or(is_found.logical_not()).all().item<bool>());
      CHECK(points.min().item<float>() >= 0.0F);
      CHECK(points.max().item<float>() <= 1.0F);
      CHECK(torch::allclose(searched.region.distance(points, searched.search.centre()), searched.search.distance(),
                            1e-6, 0));
    }
  }
}

TEST_CASE("FAB ends a walk where the gradient is 0, says so, and its neighbours go on") {
  // Lane 0 is saturated: its logits are far apart and do not move.
  const auto flat_in_lane_0 = [](const Tensor& h) {
    return torch::cat({1e-30 * h.narrow(0, 0, 1) * 0, h.narrow(0, 1, 1)});
  };
  ToyNetwork model = ToyNetwork::random(2, {6, 5, 3}, 2, flat_in_lane_0);
  ToyNetwork whole = ToyNetwork::random(2, {6, 5, 3}, 2, [](const Tensor& h) { return h; });
  const Tensor x = torch::rand({20, 6}), labels = torch::arange(20).remainder(3);
  for (const Norm norm : {Norm::linf, Norm::l2}) {
    Searched searched(model, x, labels, norm), wanted(whole, x, labels, norm);
    attacks::walk_fab(searched.search, 5, 2);
    attacks::walk_fab(wanted.search, 5, 2);
    const Tensor right = (searched.search.distance()[0] > 0);
    CHECK(right.any().item<bool>());
    CHECK(searched.search.distance()[0].masked_select(right).isinf().all().item<bool>());
    CHECK(torch::equal(searched.search.dead()[0], right));
    CHECK_FALSE(searched.search.dead()[1].any().item<bool>());
    CHECK(torch::allclose(searched.search.distance()[1], wanted.search.distance()[1], 1e-4, 1e-6));
    CHECK(searched.search.at(0.1).isfinite().all().item<bool>());
  }
}

TEST_CASE("FAB on a gradient that is not finite gives its lane NaN, and its neighbour its own numbers") {
  const auto broken_in_lane_0 = [](const Tensor& h) {
    return torch::cat({h.narrow(0, 0, 1) + (0 * h.narrow(0, 0, 1)).sqrt(), h.narrow(0, 1, 1)});
  };
  ToyNetwork broken = ToyNetwork::random(2, {6, 5, 3}, 2, broken_in_lane_0);
  ToyNetwork whole = ToyNetwork::random(2, {6, 5, 3}, 2, [](const Tensor& h) { return h; });
  const Tensor x = torch::rand({20, 6}), labels = torch::arange(20).remainder(3);
  for (const char* norm : {"linf", "l2"}) {
    const Json options = fixture::attack("fab", {{"norm", norm}, {"steps", 5}});
    const Tensor found = perturb(broken, x, labels, "fab", options, {0.3})[0];
    const Tensor wanted = perturb(whole, x, labels, "fab", options, {0.3})[0];
    CHECK(found[0].isnan().all().item<bool>());
    CHECK((found[1] - wanted[1]).abs().max().item<double>() < 1e-5);
  }
}

TEST_CASE("FAB's distances give its curve, whatever the batches and the list of radii") {
  const Affine net = fixture::regression(60, fixture::ten);
  ToyNetwork model = network_of(net);
  const data::DeviceDataset set = digits(60);
  const Json options = fixture::attack("fab", {{"steps", 4}, {"targets", 3}});
  const std::vector<double> radii{0, 0.02, 0.05};
  const auto whole = attacks::evaluate_robustness("fab", options, radii, model, set, {1}).front();
  const std::vector<double> distance = whole.at("d_min").values();
  for (std::size_t i = 0; i < radii.size(); ++i) {
    const auto robust = std::count_if(distance.begin(), distance.end(), [&](double d) { return d > radii[i]; });
    CHECK(whole.at("robust_accuracy").values()[i] == Approx(static_cast<double>(robust) / 60));
    const auto alone = attacks::evaluate_robustness("fab", options, {radii[i]}, model, set, {1}, 7).front();
    CHECK(alone.at("robust_accuracy").values()[0] == whole.at("robust_accuracy").values()[i]);
    for (std::size_t sample = 0; sample < 60; ++sample) {
      CHECK(alone.at("d_min").values()[sample] == Approx(distance[sample]).epsilon(1e-3));
    }
  }
  for (std::size_t sample = 0; sample < 60; ++sample) {
    CHECK(whole.at("found_by").values()[sample] == (distance[sample] == 0 ? 1 : 7));
  }
}
