// SPDX-License-Identifier: MIT
// When walks of APGD give up, and which samples later runs leave out.
#include "apgd_reach.hpp"

#include <catch2/catch.hpp>

#include "affine.hpp"
#include "apgd_walk.hpp"
#include "fixture.hpp"
#include "ladder.hpp"
#include "searched.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

Tensor row(const std::vector<double>& numbers) { return torch::tensor(numbers, torch::kFloat32).unsqueeze(0); }

Tensor counts(std::int64_t count) { return torch::full({1, 3}, count, torch::kInt64); }

const Tensor everywhere = torch::ones({1, 3}, torch::kBool);
const Tensor nowhere = torch::zeros({1, 3}, torch::kBool);

std::vector<bool> found(const Tensor& flags) {
  return {flags[0][0].item<bool>(), flags[0][1].item<bool>(), flags[0][2].item<bool>()};
}

}  // namespace

TEST_CASE("a walk is hopeless whose margin does not arrive at the pace that it had") {
  attacks::ApgdReach reach(torch::zeros({1, 3}));
  reach.add(row({-10, -10, -10}), everywhere);
  reach.add(row({-8.1, -7.9, -7.9}), nowhere);
  reach.add(row({-9, -9, -9}), nowhere);  // the best counts
  // 20 of 100 steps: at that pace they rise by 9.5, 10.5 and 10.5.
  const Tensor third_is_not_there = torch::tensor({true, true, false}).unsqueeze(0);
  CHECK(found(reach.are_hopeless(third_is_not_there, counts(20), counts(20), 100)) ==
        std::vector<bool>{true, false, false});
  // The next interval rises by 0.1 in 20 steps. Twice the pace of the one before is above the average, which decides:
  // -7.8 + 60 * 2.2 / 40 < 0. The third has its first interval still.
  reach.add(row({-8, -7.8, -3}), nowhere);
  CHECK(found(reach.are_hopeless(everywhere, counts(20), counts(40), 100)) == std::vector<bool>{true, true, false});
  // Two slow intervals: the average of the third would suffice, -3 + 40 * 7.1 / 60 > 0, and twice their pace does not.
  reach.add(row({-8, -7.8, -2.95}), nowhere);
  static_cast<void>(reach.are_hopeless(everywhere, counts(10), counts(50), 100));
  reach.add(row({-8, -7.8, -2.9}), nowhere);
  CHECK(found(reach.are_hopeless(everywhere, counts(10), counts(60), 100))[2]);
}

TEST_CASE("a new ball starts the account anew") {
  attacks::ApgdReach reach(torch::zeros({1, 3}));
  reach.add(row({-10, -10, -10}), everywhere);
  reach.add(row({-9.9, -9.9, -9.9}), nowhere);
  const Tensor second = torch::tensor({false, true, false}).unsqueeze(0);
  reach.add(row({-1, -1, -1}), second);  // the first and the third have risen by 9, the second begins
  reach.add(row({-1, -0.99, -1}), nowhere);
  CHECK(found(reach.are_hopeless(everywhere, counts(2), counts(2), 4)) == std::vector<bool>{false, true, false});
}

TEST_CASE("runs towards classes that are out of reach end early, and full runs fool no sample more") {
  const fixture::Affine net = fixture::regression(150, fixture::ten);
  ToyNetwork affine = fixture::network_of(net);
  ToyNetwork curved = ToyNetwork::random(1, {784, 60, 10}, 3, [](const Tensor& h) { return (2 * h).tanh(); });
  const Tensor its_own =
      curved.forward(models::Inputs::shared(net.x, 1), models::Mode::evaluate).logits[0].argmax(0).contiguous();
  for (auto& [model, labels] : std::vector<std::pair<ToyNetwork*, Tensor>>{{&affine, net.labels}, {&curved, its_own}}) {
    for (const attacks::Norm norm : {attacks::Norm::linf, attacks::Norm::l2}) {
      const double radius = model == &affine ? 0.1 : norm == attacks::Norm::linf ? 0.005 : 0.1;
      fixture::Searched full(*model, net.x, labels, norm, 0, 1, radius),
          brief(*model, net.x, labels, norm, 0, 1, radius);
      attacks::walk_to_targets(full.search, 20, 9, 0);
      attacks::walk_to_targets(brief.search, 20, 9, 0, /*gives_up=*/true);
      const Tensor fooled = full.search.distance().isfinite();
      INFO((model == &affine ? "affine " : "curved ") << (norm == attacks::Norm::linf ? "linf" : "l2"));
      CHECK(fooled.to(torch::kFloat64).mean().item<double>() < 0.95);
      CHECK(torch::equal(fooled, brief.search.distance().isfinite()));
      const double share = brief.search.gradients()[0].item<double>() / full.search.gradients()[0].item<double>();
      CHECK(share < 0.7);
      CHECK(share > 0.15);
    }
  }
}

TEST_CASE("further runs leave out the samples on which one gave up soon, until something is found there") {
  const fixture::Affine net = fixture::regression(150, fixture::ten);
  ToyNetwork model = fixture::network_of(net);
  fixture::Searched searched(model, net.x, net.labels, attacks::Norm::linf, 0, 1, 0.03);
  attacks::Search& search = searched.search;
  attacks::ApgdSteps how;
  how.gives_up = true;
  attacks::walk_apgd(search, how, attacks::random_start(search, 0));
  const Tensor left_out = search.out_of_reach().clone();
  CHECK(left_out.to(torch::kFloat64).mean().item<double>() > 0.3);
  CHECK_FALSE(left_out.logical_and(search.distance().isfinite()).any().item<bool>());
  // On an affine network none of them can be fooled.
  const Tensor gap = fixture::worst_gap(net.weight, net.bias, net.x, net.labels, 0.03);
  CHECK_FALSE(left_out[0].logical_and(gap > 1e-4).any().item<bool>());

  const double before = search.gradients()[0].item<double>();
  how.leaves_out = true;
  attacks::walk_apgd(search, how, attacks::random_start(search, 1));
  const double by_few = search.gradients()[0].item<double>() - before;
  how.leaves_out = false;
  attacks::walk_apgd(search, how, attacks::random_start(search, 1));
  const double by_all = search.gradients()[0].item<double>() - before - by_few;
  CHECK(by_all - by_few >= left_out.sum().item<double>() * 20);  // no run ends before its first checkpoint

  // What is found near a sample brings it back.
  const Tensor all = torch::arange(150).unsqueeze(0);
  const Tensor radius = torch::full({1, 150}, 0.03, torch::kFloat64);
  search.note((net.x + 0.02).clamp_max(1).unsqueeze(0), all, left_out, radius, attacks::Finder::square);
  CHECK_FALSE(search.out_of_reach().logical_and(left_out).any().item<bool>());
}
