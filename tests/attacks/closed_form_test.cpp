// SPDX-License-Identifier: MIT
// Attacks on affine networks, whose robustness inside ball and box is known exactly (affine.hpp).
#include <catch2/catch.hpp>

#include "affine.hpp"
#include "fixture.hpp"

using namespace eigensweep;
using fixture::Affine;
using fixture::fooled;
using fixture::network_of;
using fixture::perturb;
using fixture::regression;
using fixture::worst_gap;
using torch::Tensor;

namespace {

const std::vector<double> closed_radii{0.0, 0.02, 0.05, 0.1, 0.25, 1.0};

Json with_loss(Json options, const char* loss) {
  options["loss"] = loss;
  return options;
}

}  // namespace

TEST_CASE("on confident logits cross entropy leaves samples alone that the log-odds and the margin fool") {
  Affine net = regression(1000, {3, 7});
  net.weight *= 200;  // the same decisions
  net.bias *= 200;
  ToyNetwork model = network_of(net);
  const Tensor gap = worst_gap(net.weight, net.bias, net.x, net.labels, 0.1);
  const Tensor clear = gap.abs() > 1e-2;
  const auto share_fooled = [&](const char* loss) {
    const Json options = with_loss(fixture::fgsm(), loss);
    const Tensor found = fooled(model, perturb(model, net.x, net.labels, "fgsm", options, {0.1})[0], net.labels)[0];
    if (std::string(loss) != "cross_entropy") {
      CHECK(found.eq(gap > 0).logical_or(clear.logical_not()).all().item<bool>());
    }
    return found.to(torch::kFloat64).mean().item<double>();
  };
  const double exact = (gap > 0).to(torch::kFloat64).mean().item<double>();
  CHECK(exact > 0.1);
  CHECK(share_fooled("cross_entropy") < 0.5 * exact);
  CHECK(share_fooled("log_odds") == Approx(exact).margin(0.01));
  CHECK(share_fooled("margin") == Approx(exact).margin(0.01));
}

TEST_CASE("fgsm equals the closed form on a network that separates two classes affinely") {
  const Affine net = regression(1000, {3, 7});
  REQUIRE(net.x.size(0) > 150);
  ToyNetwork model = network_of(net);
  const std::vector<Tensor> perturbed = perturb(model, net.x, net.labels, "fgsm", fixture::fgsm(), closed_radii);
  const std::vector<Tensor> iterated = perturb(model, net.x, net.labels, "pgd", fixture::pgd(20, 0.2), closed_radii);
  double smallest = 1.0;
  for (std::size_t i = 0; i < closed_radii.size(); ++i) {
    const Tensor gap = worst_gap(net.weight, net.bias, net.x, net.labels, closed_radii[i]);
    const Tensor clear = gap.abs() > 1e-4;  // float32 logits cannot decide the rest
    CHECK(clear.to(torch::kFloat32).mean().item<float>() > 0.97);
    CHECK(fooled(model, perturbed[i], net.labels)[0].eq(gap > 0).logical_or(clear.logical_not()).all().item<bool>());
    // 20 steps of a fifth of the radius reach the same corner from any start.
    CHECK(fooled(model, iterated[i], net.labels)[0].eq(gap > 0).logical_or(clear.logical_not()).all().item<bool>());
    smallest = std::min(smallest, (gap < 0).to(torch::kFloat64).mean().item<double>());
  }
  CHECK(smallest == 0.0);  // at the largest radius no sample is robust
}

TEST_CASE("no attack fools a sample that the closed form certifies") {
  const Affine net = regression(150, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  ToyNetwork model = network_of(net);
  for (const auto& [kind, options] :
       std::vector<std::pair<std::string, Json>>{{"fgsm", fixture::fgsm()},
                                                 {"pgd", fixture::pgd(10, 0.25)},
                                                 {"pgd", fixture::pgd(5, 0.5, false)},
                                                 {"fgsm", with_loss(fixture::fgsm(), "log_odds")},
                                                 {"pgd", with_loss(fixture::pgd(10, 0.25), "log_odds")},
                                                 {"pgd", with_loss(fixture::pgd(10, 0.25), "margin")},
                                                 {"pgd", with_loss(fixture::pgd(10, 0.25), "dlr")},
                                                 {"apgd", fixture::attack("apgd", {{"steps", 20}})},
                                                 {"apgd", fixture::attack("apgd", {{"steps", 20}, {"loss", "margin"}})},
                                                 {"apgd", fixture::attack("apgd", {{"steps", 20}, {"loss", "dlr"}})},
                                                 {"square", fixture::attack("square", {{"queries", 100}})},
                                                 {"strict", fixture::attack("strict", {{"steps", 20}})},
                                                 {"fab", fixture::attack("fab", {{"steps", 5}})},
                                                 {"deepfool", fixture::attack("deepfool")}}) {
    const std::vector<Tensor> perturbed = perturb(model, net.x, net.labels, kind, options, closed_radii);
    for (std::size_t i = 0; i < closed_radii.size(); ++i) {
      const Tensor certified = worst_gap(net.weight, net.bias, net.x, net.labels, closed_radii[i]) < -1e-4;
      CHECK_FALSE(fooled(model, perturbed[i], net.labels)[0].logical_and(certified).any().item<bool>());
    }
  }
}

TEST_CASE("at half the pixel range no sample of an affine network keeps a class but the one of the grey image") {
  const Affine net = regression(150, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  const Tensor grey = torch::full({1, 784}, 0.5).matmul(net.weight.t()) + net.bias;
  const Tensor certified = worst_gap(net.weight, net.bias, net.x, net.labels, 0.5) < 0;
  // The grey image lies in every ball, so what is certified there has its class.
  CHECK(net.labels.index({certified}).eq(grey.argmax().item<std::int64_t>()).all().item<bool>());
}

TEST_CASE("a ReLU network with every unit active is attacked like the affine map that it is") {
  const Affine net = regression(150, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  ToyNetwork affine = network_of(net);
  // h = relu(I x + 1) = x + 1, so W h + (b - W 1) = W x + b.
  ToyNetwork relu({{torch::eye(784).unsqueeze(0), torch::ones({1, 784})},
                   {net.weight.unsqueeze(0), (net.bias - net.weight.sum(1)).unsqueeze(0)}},
                  [](const Tensor& h) { return h.relu(); });
  const auto options = fixture::pgd(10);
  const std::vector<Tensor> by_affine = perturb(affine, net.x, net.labels, "pgd", options, {0.05});
  const std::vector<Tensor> by_relu = perturb(relu, net.x, net.labels, "pgd", options, {0.05});
  // Signs may differ only where a gradient is 0 up to rounding.
  CHECK((by_affine[0] - by_relu[0]).abs().gt(1e-6).to(torch::kFloat32).mean().item<float>() < 0.002);
}
