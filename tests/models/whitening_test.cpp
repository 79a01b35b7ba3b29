// SPDX-License-Identifier: MIT
#include "eigensweep/models/whitening.hpp"

#include <catch2/catch.hpp>

#include "eigensweep/models/model.hpp"
#include "eigensweep/study/declare/kind.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using namespace eigensweep::models;

namespace {

Tensor activations(std::int64_t lanes, std::int64_t width, std::int64_t samples) {
  torch::manual_seed(3);
  const auto f64 = torch::TensorOptions(torch::kFloat64);
  return torch::bmm(torch::randn({lanes, width, width}, f64), torch::randn({lanes, width, samples}, f64)) + 1.5;
}

Json whitened_mlp(const std::string& about) {
  return resolved(
      study::Family::model,
      {{"kind", "mlp"}, {"width", 12}, {"depth", 2}, {"activation", "tanh"}, {"whiten", 2}, {"whiten_about", about}});
}

}  // namespace

TEST_CASE("whitened activations have the identity as second moments, h itself is not centred") {
  const Tensor h = activations(2, 6, 400);
  Tensor failed;
  for (const About about : {About::mean, About::zero}) {
    const Tensor y = whiten_batch(h, about, failed);
    const Tensor centred = about == About::mean ? y - y.mean(2, true) : y;
    const Tensor moments = centred.matmul(centred.transpose(1, 2)) / 400;
    CHECK((moments - torch::eye(6, h.options())).abs().max().item<double>() < 1e-3);  // apart from the ridge
    CHECK(y.mean(2).abs().max().item<double>() > 0.05);
  }
  CHECK_FALSE(failed.any().item<bool>());
}

TEST_CASE("the gradient through factor and solve is the finite difference") {
  const Tensor start = activations(2, 5, 30);
  const Tensor weights = torch::randn(start.sizes(), start.options());
  for (const About about : {About::mean, About::zero}) {
    const auto loss = [&](const Tensor& h) {
      Tensor failed;
      return (whiten_batch(h, about, failed).tanh() * weights).sum();
    };
    const Tensor h = start.clone().requires_grad_();
    const Tensor gradient = torch::autograd::grad({loss(h)}, {h})[0];
    for (int trial = 0; trial < 5; ++trial) {
      const Tensor direction = torch::randn(start.sizes(), start.options());
      constexpr double step = 1e-5;
      const double difference =
          (loss(start + step * direction) - loss(start - step * direction)).item<double>() / (2 * step);
      CHECK((gradient * direction).sum().item<double>() == Approx(difference).epsilon(1e-6));
    }
  }
}

TEST_CASE("a lane that cannot be whitened is named, its neighbours are untouched") {
  Tensor h = activations(3, 5, 30);
  Tensor none;
  const Tensor before = whiten_batch(h, About::mean, none);
  h[1].fill_(NAN);
  Tensor failed;
  const Tensor after = whiten_batch(h, About::mean, failed);
  CHECK(torch::equal(after[0], before[0]));
  CHECK(torch::equal(after[2], before[2]));
  CHECK(after[1].isnan().all().item<bool>());
  CHECK_FALSE(failed.any().item<bool>());  // it was NaN before whitening
  h[1].fill_(1e10);                        // equal units: the ridge is below their moments' rounding
  CHECK(whiten_batch(h, About::zero, failed)[1].isnan().all().item<bool>());
  CHECK(failed.to(torch::kInt64).sum().item<std::int64_t>() == 1);

  const study::DatasetInfo info{60, 10, {1, 4, 5}, 7};
  const auto model = make_model(whitened_mlp("mean"), info, {1, 2}, torch::kCPU);
  model->parameters()[0].tensor.data()[1].fill_(NAN);
  model->forward(Inputs::shared(torch::rand({60, 20}), 2), Mode::train);
  CHECK(model->trouble(1).empty());
}

TEST_CASE("in evaluation a network whitens by the factor of the whole training set, which is kept with it") {
  const study::DatasetInfo info{60, 10, {1, 4, 5}, 7};
  torch::manual_seed(5);
  const Tensor bytes = torch::randint(0, 256, {60, 20}, torch::kUInt8);
  const Tensor x = bytes.to(torch::kFloat32) / 255;
  for (const char* about : {"mean", "zero"}) {
    const auto model = make_model(whitened_mlp(about), info, {1, 2}, torch::kCPU);
    const Output trained = model->forward(Inputs::shared(x, 2), Mode::train);
    model->refresh(bytes);
    const Output whole = model->forward(Inputs::shared(x, 2), Mode::evaluate);
    CHECK(torch::allclose(whole.logits, trained.logits, 1e-4, 1e-4));
    const Output part = model->forward(Inputs::shared(x.narrow(0, 0, 3), 2), Mode::evaluate);
    CHECK(torch::allclose(part.logits, whole.logits.narrow(2, 0, 3), 1e-4, 1e-5));
    CHECK(model->buffers().back().name == "whitening.factor");
  }
}
