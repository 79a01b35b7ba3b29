// SPDX-License-Identifier: MIT
// FGSM with momentum.
#include <catch2/catch.hpp>

#include "affine.hpp"
#include "fixture.hpp"

using namespace eigensweep;
using fixture::Affine;
using fixture::perturb;
using torch::Tensor;

TEST_CASE("on an affine network of two classes, momentum ends where one whole step does, in both norms") {
  const Affine net = fixture::regression(400, {3, 7});
  ToyNetwork model = fixture::network_of(net);
  const std::vector<double> radii{0, 0.03, 0.2};
  for (const double momentum : {0.0, 0.5, 1.0}) {
    const Json options = fixture::attack("mi_fgsm", {{"momentum", momentum}, {"loss", "margin"}});
    const std::vector<Tensor> found = perturb(model, net.x, net.labels, "mi_fgsm", options, radii);
    const std::vector<Tensor> wanted = perturb(model, net.x, net.labels, "fgsm", fixture::fgsm(), radii);
    CHECK(torch::equal(found[0], net.x.unsqueeze(0)));
    for (std::size_t i = 1; i < 3; ++i) CHECK((found[i] - wanted[i]).abs().max().item<double>() < 1e-6);
  }
  // In the middle of the box, out of its reach.
  const Tensor x = net.x * 0.2 + 0.4;
  const Json options = fixture::attack("mi_fgsm", {{"norm", "l2"}, {"loss", "margin"}});
  const Tensor found = perturb(model, x, net.labels, "mi_fgsm", options, {0.3})[0][0];
  const Tensor difference = net.weight[1] - net.weight[0];
  const Tensor along = (1 - 2 * net.labels).unsqueeze(1) * difference / difference.norm();
  CHECK((found - x - 0.3 * along).abs().max().item<double>() < 1e-5);
}

TEST_CASE("momentum adds gradients that are each over their sum of sizes") {
  ToyNetwork model = ToyNetwork::random(1, {6, 5, 3}, 3);
  const Tensor x = torch::rand({20, 6}) * 0.2 + 0.4, labels = torch::arange(20).remainder(3);
  for (const char* norm : {"linf", "l2"}) {
    const bool is_linf = std::string(norm) == "linf";
    const Json options =
        fixture::attack("mi_fgsm", {{"norm", norm}, {"steps", 4}, {"relative_step", 0.2}, {"momentum", 0.7}});
    const Tensor found = perturb(model, x, labels, "mi_fgsm", options, {0.3})[0];
    Tensor at = x.unsqueeze(0), velocity = torch::zeros_like(at);
    for (int i = 0; i < 4; ++i) {  // within the ball and the box all the way
      const torch::AutoGradMode with_gradients(true);
      const Tensor here = at.detach().requires_grad_();
      const Tensor logits = model.forward(models::Inputs::per_lane(here), models::Mode::evaluate).logits;
      const Tensor gradient = torch::autograd::grad({models::cross_entropy(logits, labels).sum()}, {here})[0];
      velocity = 0.7 * velocity + gradient / gradient.abs().sum(-1, true);
      at = at + 0.2 * 0.3 * (is_linf ? velocity.sign() : velocity / velocity.norm(2, -1, true));
    }
    CHECK((found - at).abs().max().item<double>() < 1e-5);
  }
}

TEST_CASE("a gradient of 0 moves nothing, a tiny one as far as a large one, and NaN spoils its lane alone") {
  const Affine net = fixture::regression(100, {3, 7});
  Affine tiny = net;
  tiny.weight = net.weight * 1e-36;
  Affine flat = net;
  flat.weight = net.weight * 0;
  for (const char* norm : {"linf", "l2"}) {
    const Json options = fixture::attack("mi_fgsm", {{"norm", norm}, {"loss", "margin"}});
    ToyNetwork usual = fixture::network_of(net), small = fixture::network_of(tiny), none = fixture::network_of(flat);
    const Tensor wanted = perturb(usual, net.x, net.labels, "mi_fgsm", options, {0.1})[0];
    CHECK((perturb(small, net.x, net.labels, "mi_fgsm", options, {0.1})[0] - wanted).abs().max().item<double>() < 1e-4);
    CHECK(torch::equal(perturb(none, net.x, net.labels, "mi_fgsm", options, {0.1})[0], net.x.unsqueeze(0)));
  }
  const auto broken_in_lane_0 = [](const Tensor& h) {
    return torch::cat({h.narrow(0, 0, 1) + (0 * h.narrow(0, 0, 1)).sqrt(), h.narrow(0, 1, 1)});
  };
  ToyNetwork broken = ToyNetwork::random(2, {6, 5, 3}, 2, broken_in_lane_0);
  ToyNetwork whole = ToyNetwork::random(2, {6, 5, 3}, 2, [](const Tensor& h) { return h; });
  const Tensor x = torch::rand({20, 6}), labels = torch::arange(20).remainder(3);
  const Json options = fixture::attack("mi_fgsm");
  const Tensor found = perturb(broken, x, labels, "mi_fgsm", options, {0.3})[0];
  CHECK(found[0].isnan().all().item<bool>());
  CHECK((found[1] - perturb(whole, x, labels, "mi_fgsm", options, {0.3})[0][1]).abs().max().item<double>() < 1e-5);
}
