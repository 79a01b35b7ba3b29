// SPDX-License-Identifier: MIT
// APGD and the strict protocol.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "affine.hpp"
#include "apgd_walk.hpp"
#include "eigensweep/attacks/evaluate.hpp"
#include "fixture.hpp"
#include "square_move.hpp"

using namespace eigensweep;
using fixture::Affine;
using fixture::fooled;
using fixture::network_of;
using fixture::perturb;
using torch::Tensor;

namespace {

using Steps = std::vector<std::int64_t>;

/// Whether an attack's points fool exactly the samples that can be fooled, where float32 decides that.
void check_exact(const Affine& net, const std::string& kind, const Json& options, const std::vector<double>& radii,
                 const std::vector<Tensor>& gaps) {
  ToyNetwork model = network_of(net);
  const std::vector<Tensor> perturbed = perturb(model, net.x, net.labels, kind, options, radii);
  for (std::size_t i = 0; i < radii.size(); ++i) {
    INFO(kind << " " << options.dump() << " at " << radii[i]);
    const Tensor clear = gaps[i].abs() > 1e-4;
    CHECK(
        fooled(model, perturbed[i], net.labels)[0].eq(gaps[i] > 0).logical_or(clear.logical_not()).all().item<bool>());
  }
}

}  // namespace

TEST_CASE("APGD decides where the authors' code does") {
  CHECK(attacks::apgd_checkpoints(100) == Steps{22, 41, 57, 70, 80, 87, 93, 99});
  CHECK(attacks::apgd_checkpoints(200) == Steps{44, 82, 114, 140, 160, 174, 186, 198});
  CHECK(attacks::apgd_checkpoints(50) == Steps{11, 21, 30, 38, 45});
  CHECK(attacks::apgd_checkpoints(20) == Steps{4, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20});
  CHECK(attacks::apgd_checkpoints(10) == Steps{2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(attacks::apgd_checkpoints(1) == Steps{1});
}

TEST_CASE("the sides of squares shrink as the authors' code has it, and fit into small images") {
  const std::vector<std::int64_t> queries{0, 10, 11, 51, 201, 501, 1001, 2001, 4001, 6001, 8001};
  Steps sides;
  for (const std::int64_t query : queries)
    sides.push_back(attacks::square_side(attacks::Norm::linf, 0.8, query, 28, 28));
  CHECK(sides == Steps{25, 25, 18, 13, 9, 6, 4, 3, 2, 2, 1});
  CHECK(attacks::square_side(attacks::Norm::linf, 0.8, 0, 1, 6) == 1);
  CHECK(attacks::square_side(attacks::Norm::linf, 1, 0, 5, 3) == 3);
  sides.clear();
  for (const std::int64_t query : queries) sides.push_back(attacks::square_side(attacks::Norm::l2, 0.8, query, 28, 28));
  CHECK(sides == Steps{25, 25, 19, 13, 9, 7, 5, 3, 3, 3, 3});
}

TEST_CASE("APGD towards each class, and the strict protocol, fool exactly what can be fooled in the maximum norm") {
  const Affine net = fixture::regression(250, fixture::ten);
  const std::vector<double> radii{0.02, 0.05, 0.07, 0.1};
  std::vector<Tensor> gaps;
  for (const double radius : radii) gaps.push_back(fixture::worst_gap(net.weight, net.bias, net.x, net.labels, radius));
  CHECK((gaps[3] > 0).to(torch::kFloat64).mean().item<double>() >= 0.4);
  check_exact(net, "apgd", fixture::attack("apgd", {{"targets", 9}, {"steps", 30}}), radii, gaps);
  check_exact(net, "strict", fixture::attack("strict"), radii, gaps);
}

TEST_CASE("APGD towards each class, and the strict protocol, come within a sample in 200 in the Euclidean norm") {
  const Affine net = fixture::regression(200, fixture::ten);
  const std::vector<double> radii{0.5, 1.5};
  ToyNetwork model = network_of(net);
  for (const auto& [kind, options] : std::vector<std::pair<std::string, Json>>{
           {"apgd", fixture::attack("apgd", {{"targets", 4}, {"norm", "l2"}, {"steps", 30}})},
           {"strict", fixture::attack("strict", {{"norm", "l2"}, {"targets", 4}})}}) {
    const std::vector<Tensor> perturbed = perturb(model, net.x, net.labels, kind, options, radii);
    for (std::size_t i = 0; i < radii.size(); ++i) {
      INFO(kind << " at " << radii[i]);
      const Tensor gap = fixture::worst_gap_l2(net, radii[i]);
      const Tensor found = fooled(model, perturbed[i], net.labels)[0];
      CHECK_FALSE(found.logical_and(gap < -1e-4).any().item<bool>());
      CHECK((gap > 0).logical_and(found.logical_not()).to(torch::kFloat64).mean().item<double>() <= 0.005);
      CHECK((perturbed[i][0] - net.x).norm(2, 1).max().item<double>() <= radii[i] * (1 + 1e-6));
    }
  }
}

TEST_CASE("a saturated output does not hide what can be fooled: the strict protocol is exact at any gain") {
  // logits (-t, t), t = tanh(gain * z): decisions and robustness are those of z, whatever the gain.
  const Affine net = fixture::regression(1000, {3, 7});
  const std::vector<double> radii{0.02, 0.05, 0.1};
  const Tensor direction = net.weight.narrow(0, 1, 1) - net.weight.narrow(0, 0, 1);
  const Tensor offset = net.bias.narrow(0, 1, 1) - net.bias.narrow(0, 0, 1);
  const Json model_options = resolved(study::Family::model, {{"kind", "mlp"}, {"width", 1}, {"depth", 1}});
  study::DatasetInfo info = digits(1).info;
  info.classes = 2;
  const auto model = models::make_model(model_options, info, {1}, torch::kCPU);
  for (models::NamedTensor& named : model->parameters()) named.tensor.requires_grad_(false);
  model->parameters()[2].tensor.copy_(torch::tensor({{{-1.0F}, {1.0F}}}));
  model->parameters()[3].tensor.zero_();
  for (const double gain : {1.0, 3.0, 10.0, 100.0, 1000.0}) {
    model->parameters()[0].tensor.copy_((gain * direction).unsqueeze(0));
    model->parameters()[1].tensor.copy_((gain * offset).unsqueeze(0));
    const std::vector<Tensor> perturbed =
        perturb(*model, net.x, net.labels, "strict", fixture::attack("strict", {{"steps", 10}}), radii);
    const std::vector<Tensor> usual = perturb(*model, net.x, net.labels, "fgsm", fixture::fgsm(), radii);
    std::vector<std::vector<Tensor>> recomputed;
    for (const char* kind : {"fgsm", "pgd", "mi_fgsm"}) {
      const Json options = fixture::attack(kind, {{"loss", "margin"}, {"recompute_vanishing", true}});
      recomputed.push_back(perturb(*model, net.x, net.labels, kind, options, radii));
    }
    for (std::size_t i = 0; i < radii.size(); ++i) {
      INFO("gain " << gain << ", radius " << radii[i]);
      const Tensor gap = fixture::worst_gap(net.weight, net.bias, net.x, net.labels, radii[i]);
      const Tensor clear = gap.abs() > 1e-4;
      const Tensor found = fooled(*model, perturbed[i], net.labels)[0];
      CHECK(found.eq(gap > 0).logical_or(clear.logical_not()).all().item<bool>());
      for (const std::vector<Tensor>& points : recomputed) {
        const Tensor by_few_steps = fooled(*model, points[i], net.labels)[0];
        CHECK(by_few_steps.eq(gap > 0).logical_or(clear.logical_not()).all().item<bool>());
      }
      if (gain < 100 || i == 0) continue;  // at the smallest radius nothing can be fooled
      CHECK(fooled(*model, usual[i], net.labels)[0].sum().item<double>() < 0.9 * found.sum().item<double>());
    }
  }
}

TEST_CASE("the strict protocol at intensity 0 alone counts the samples that are misclassified as they are") {
  const Affine net = fixture::regression(60, fixture::ten);
  ToyNetwork model = network_of(net);
  const auto measured =
      attacks::evaluate_robustness("strict", fixture::attack("strict"), {0}, model, digits(60), {1}).front();
  CHECK(measured.failure.empty());
  CHECK(measured.at("robust_accuracy").values()[0] == measured.at("clean_accuracy").values()[0]);
  CHECK(measured.at("sample_gradients").values()[0] == 0);
  CHECK(measured.unbounded == std::vector<std::string>{"d_min"});
}

TEST_CASE("a gradient that is not finite ends the search in its lane, which gets NaN, and not in its neighbour's") {
  // The value of sqrt(0 h) is 0; its derivative, 0 times infinity, is NaN.
  const auto broken_in_lane_0 = [](const Tensor& h) {
    return torch::cat({h.narrow(0, 0, 1) + (0 * h.narrow(0, 0, 1)).sqrt(), h.narrow(0, 1, 1)});
  };
  ToyNetwork broken = ToyNetwork::random(2, {6, 5, 3}, 2, broken_in_lane_0);
  ToyNetwork whole = ToyNetwork::random(2, {6, 5, 3}, 2, [](const Tensor& h) { return h; });
  const Tensor x = torch::rand({20, 6}), labels = torch::arange(20).remainder(3);
  for (const char* norm : {"linf", "l2"}) {
    for (const char* kind : {"strict", "apgd"}) {
      INFO(kind << " " << norm);
      const Json options = fixture::attack(kind, {{"norm", norm}, {"steps", 5}});
      const Tensor found = perturb(broken, x, labels, kind, options, {0.05})[0];
      const Tensor wanted = perturb(whole, x, labels, kind, options, {0.05})[0];
      CHECK(found[0].isnan().all().item<bool>());
      CHECK((found[1] - wanted[1]).abs().max().item<double>() < 1e-5);
    }
  }
}

TEST_CASE("the strict protocol's distances give its curve, and no distance is below the true one") {
  const Affine net = fixture::regression(150, fixture::ten);
  ToyNetwork model = network_of(net);
  data::DeviceDataset set = digits(150);
  const std::vector<double> radii{0, 0.01, 0.03, 0.05, 0.1};
  for (const std::int64_t batch : {0, 40}) {
    INFO("batches of " << batch);
    const auto measured =
        attacks::evaluate_robustness("strict", fixture::attack("strict", {{"steps", 30}, {"targets", 3}}), radii, model,
                                     set, {1}, batch)
            .front();
    const std::vector<double> distance = measured.at("d_min").values();
    REQUIRE(distance.size() == 150);
    for (std::size_t i = 0; i < radii.size(); ++i) {
      const auto robust =
          std::count_if(distance.begin(), distance.end(), [&](double found) { return !(found <= radii[i]); });
      CHECK(measured.at("robust_accuracy").values()[i] == Approx(static_cast<double>(robust) / 150));
      const Tensor gap = fixture::worst_gap(net.weight, net.bias, net.x, net.labels, radii[i]);
      for (std::int64_t sample = 0; sample < 150; ++sample) {
        if (gap[sample].item<double>() < -1e-4) CHECK(distance[static_cast<std::size_t>(sample)] > radii[i]);
      }
    }
    const std::vector<double> finder = measured.at("found_by").values();
    for (std::size_t sample = 0; sample < 150; ++sample) {
      CHECK((finder[sample] == 0) == std::isinf(distance[sample]));
      CHECK((finder[sample] == 1) == (distance[sample] == 0));
    }
  }
}
