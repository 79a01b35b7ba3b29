// SPDX-License-Identifier: MIT
// DeepFool, whose distances on affine networks without a box are known exactly.
#include <catch2/catch.hpp>

#include "affine.hpp"
#include "bisect.hpp"
#include "deepfool_walk.hpp"
#include "fixture.hpp"
#include "searched.hpp"

using namespace eigensweep;
using attacks::Finder;
using attacks::Norm;
using fixture::Affine;
using fixture::Searched;
using torch::Tensor;

namespace {

/// min over k of (z_y - z_k) / |w_k - w_y|, in the norm dual to the ball's, in double: [n]; 0 where that is below 0.
Tensor distance_without_box(const Affine& net, Norm norm) {
  const Tensor w = net.weight.to(torch::kFloat64), x = net.x.to(torch::kFloat64);
  const Tensor logits = x.matmul(w.t()) + net.bias.to(torch::kFloat64);
  const Tensor direction = w.unsqueeze(0) - w.index_select(0, net.labels).unsqueeze(1);  // [n, K, d]
  const Tensor dual = norm == Norm::linf ? direction.abs().sum(-1) : direction.norm(2, -1);
  const Tensor gap = logits.gather(1, net.labels.unsqueeze(1)) - logits;
  return (gap / dual).scatter(1, net.labels.unsqueeze(1), 1e300).amin(1).clamp_min(0);
}

/// The largest and smallest of found / exact - times, over the samples that are classified right.
double worst_error(const Tensor& found, const Tensor& exact, double times) {
  const Tensor right = exact > 0;
  CHECK(right.sum().item<std::int64_t>() > 80);
  CHECK(found.masked_select(right.logical_not()).eq(0).all().item<bool>());
  return (found / exact - times).masked_select(right).abs().max().item<double>();
}

}  // namespace

TEST_CASE("DeepFool overshoots the exact distance of an affine network as asked, and bisection takes that back") {
  // In float64: float32 leaves boundaries uncertain by more than is asked for.
  Affine net = fixture::regression(120, fixture::ten);
  for (Tensor* numbers : {&net.weight, &net.bias, &net.x}) *numbers = numbers->to(torch::kFloat64);
  ToyNetwork model = fixture::network_of(net);
  for (const Norm norm : {Norm::linf, Norm::l2}) {
    for (const double overshoot : {0.02, 0.3}) {
      const Tensor exact = distance_without_box(net, norm);
      Searched searched(model, net.x, net.labels, norm, -attacks::infinity, attacks::infinity);
      attacks::walk_deepfool(searched.search, {50, 10, overshoot});
      const double walked = worst_error(searched.search.distance()[0], exact, 1 + overshoot);
      attacks::bisect_nearest(searched.search, 20, Finder::deepfool);
      const double bisected = worst_error(searched.search.distance()[0], exact, 1);
      INFO("off by " << walked << ", bisected by " << bisected);
      CHECK(walked < 1e-4);
      CHECK(bisected < 1e-5);
    }
  }
}

TEST_CASE("DeepFool stays in the box, its points are misclassified, and none is nearer than the exact distance") {
  const Affine net = fixture::regression(120, fixture::ten);
  ToyNetwork model = fixture::network_of(net);
  for (const Norm norm : {Norm::linf, Norm::l2}) {
    Searched searched(model, net.x, net.labels, norm);
    attacks::walk_deepfool(searched.search, {});
    attacks::bisect_nearest(searched.search, 20, Finder::deepfool);
    const Tensor exact = fixture::exact_distance(net, norm), found = searched.search.distance()[0];
    // Where the box holds no point of the class that seems nearest, DeepFool goes to its corner and stays there.
    CHECK(found.isfinite().to(torch::kFloat64).mean().item<double>() > 0.85);
    CHECK((found >= exact * (1 - 1e-5)).all().item<bool>());
    CHECK((found - exact).masked_select(found.isfinite()).median().item<double>() <
          0.5 * exact.median().item<double>());
    CHECK(fixture::fooled(model, searched.search.nearest(), net.labels)[0].eq(found.isfinite()).all().item<bool>());
    CHECK(searched.search.nearest().min().item<float>() >= 0.0F);
    CHECK(searched.search.nearest().max().item<float>() <= 1.0F);
  }
}

TEST_CASE("DeepFool stops where all gradients are 0, says so, and its neighbours go on") {
  const auto flat_in_lane_0 = [](const Tensor& h) { return torch::cat({0 * h.narrow(0, 0, 1), h.narrow(0, 1, 1)}); };
  const auto broken_in_lane_0 = [](const Tensor& h) {
    return torch::cat({h.narrow(0, 0, 1) + (0 * h.narrow(0, 0, 1)).sqrt(), h.narrow(0, 1, 1)});
  };
  ToyNetwork flat = ToyNetwork::random(2, {6, 5, 3}, 2, flat_in_lane_0);
  ToyNetwork broken = ToyNetwork::random(2, {6, 5, 3}, 2, broken_in_lane_0);
  ToyNetwork whole = ToyNetwork::random(2, {6, 5, 3}, 2, [](const Tensor& h) { return h; });
  const Tensor x = torch::rand({20, 6}), labels = torch::arange(20).remainder(3);
  for (const Norm norm : {Norm::linf, Norm::l2}) {
    Searched stopped(flat, x, labels, norm), spoilt(broken, x, labels, norm), wanted(whole, x, labels, norm);
    for (Searched* searched : {&stopped, &spoilt, &wanted}) attacks::walk_deepfool(searched->search, {});
    const Tensor right = stopped.search.distance()[0] > 0;
    CHECK(right.any().item<bool>());
    CHECK(torch::equal(stopped.search.dead()[0], right));
    CHECK(stopped.search.at(0.1).isfinite().all().item<bool>());
    CHECK(spoilt.search.distance()[0].isnan().all().item<bool>());
    CHECK(spoilt.search.at(0.1)[0].isnan().all().item<bool>());
    for (Searched* searched : {&stopped, &spoilt}) {
      CHECK_FALSE(searched->search.dead()[1].any().item<bool>());
      CHECK(torch::allclose(searched->search.distance()[1], wanted.search.distance()[1], 1e-4, 1e-6));
    }
  }
}
