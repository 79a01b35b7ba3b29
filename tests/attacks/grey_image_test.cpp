// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "affine.hpp"
#include "eigensweep/attacks/evaluate.hpp"
#include "fixture.hpp"

using namespace eigensweep;
using torch::Tensor;

TEST_CASE("the grey image fools every sample of another class whose ball holds it, in both norms") {
  const fixture::Affine net = fixture::regression(100, fixture::ten);
  ToyNetwork model = fixture::network_of(net);
  const Tensor grey = torch::full({1, 784}, 0.5);
  const std::int64_t its_class = (grey.matmul(net.weight.t()) + net.bias).argmax().item<std::int64_t>();
  const Tensor right =
      models::is_right(model.forward(models::Inputs::shared(net.x, 1), models::Mode::evaluate).logits, net.labels)[0];
  for (const bool is_linf : {true, false}) {
    const Json options = fixture::attack("grey_image", {{"norm", is_linf ? "linf" : "l2"}});
    const Tensor offset = net.x - 0.5;
    const Tensor distance = is_linf ? offset.abs().amax(1) : offset.norm(2, 1);
    const std::vector<double> radii = is_linf ? std::vector<double>{0, 0.4999, 0.5, 1}
                                              : std::vector<double>{0, 13, distance.median().item<double>() + 1e-3, 28};
    const auto measured = attacks::evaluate_robustness("grey_image", options, radii, model, digits(100), {1}).front();
    for (std::size_t i = 0; i < radii.size(); ++i) {
      const Tensor robust = right.logical_and((distance > radii[i]).logical_or(net.labels == its_class));
      CHECK(measured.at("robust_accuracy").values()[i] == Approx(robust.to(torch::kFloat64).mean().item<double>()));
    }
    CHECK(measured.at("sample_gradients").values()[0] == 0);
    for (std::int64_t i = 0; i < 100; ++i) {
      const double found = measured.at("d_min").values()[static_cast<std::size_t>(i)];
      if (!right[i].item<bool>()) CHECK(found == 0);
      if (right[i].item<bool>() && net.labels[i].item<std::int64_t>() == its_class) CHECK(std::isinf(found));
      if (right[i].item<bool>() && net.labels[i].item<std::int64_t>() != its_class) {
        CHECK(found == Approx(distance[i].item<double>()));
      }
    }
  }
}

TEST_CASE("no attack that searches leaves more samples at half the range than the grey image does") {
  const fixture::Affine net = fixture::regression(60, fixture::ten);
  ToyNetwork model = fixture::network_of(net);
  const auto robust = [&](const char* kind, Json options) {
    return attacks::evaluate_robustness(kind, fixture::attack(kind, std::move(options)), {0.5, 1}, model, digits(60),
                                        {1})
        .front()
        .at("robust_accuracy")
        .values();
  };
  const std::vector<double> grey = robust("grey_image", Json::object());
  CHECK(grey[0] < 0.3);  // the share of one class
  for (const char* kind : {"strict", "apgd"}) {
    const std::vector<double> found = robust(kind, {{"steps", 20}});
    CHECK(found[0] <= grey[0]);
    CHECK(found[1] == 0);  // every image lies in every ball
  }
}
