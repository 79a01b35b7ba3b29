// SPDX-License-Identifier: MIT
// Networks whose excitation and inhibition are known.
#include "measuring.hpp"

namespace {

metrics::Measurement balance_of(models::Model& model, const Json& chosen = Json::object()) {
  return measure("ei_balance", resolved(study::Family::metric, "ei_balance", chosen), model, digits(20))[0];
}

Json dale(const char* layer) {
  return resolved_config(
             {{"model", {{"kind", "mlp"}, {"width", 20}, {"depth", 2}, {"activation", "relu"}, {"layer", layer}}}})
      .at("model");
}

}  // namespace

TEST_CASE("units with one kind of synapse are not balanced, units with equal ones are") {
  // Four hidden units: all weights positive, all negative, and two with the sums 2 : 1 of a pixel-independent input.
  Tensor weight = torch::zeros({1, 4, 784});
  weight[0][0].fill_(1);
  weight[0][1].fill_(-1);
  weight[0][2].fill_(1e-3);
  const Tensor readout = torch::tensor({{3.0F, -1.0F, 0.0F, 0.0F}, {1.0F, -1.0F, 0.0F, 0.0F}}).unsqueeze(0);
  // Activities of 1, whatever the inputs: biases alone decide.
  ToyNetwork model({{weight * 0, torch::ones({1, 4})}, {readout, torch::zeros({1, 2})}},
                   [](const Tensor& h) { return h; });
  const std::vector<double> silent = balance_of(model).at("balance").values();
  CHECK(std::isnan(silent[0]));  // no unit has an input
  CHECK(silent[1] == Approx((0.5 + 0.0) / 2));

  ToyNetwork first({{weight, torch::zeros({1, 4})}, {readout, torch::zeros({1, 2})}},
                   [](const Tensor& h) { return h; });
  CHECK(balance_of(first).at("balance").values()[0] == Approx(1));
}

TEST_CASE("an activity below 0 turns a synapse around") {
  const Tensor readout = torch::tensor({{3.0F, 1.0F}}).unsqueeze(0);
  ToyNetwork model({{torch::zeros({1, 2, 784}), torch::tensor({{1.0F, -1.0F}})}, {readout, torch::zeros({1, 1})}},
                   [](const Tensor& h) { return h; });
  CHECK(balance_of(model).at("balance").values()[1] == Approx(0.5));  // 3 against 1
}

TEST_CASE("weights of the wrong sign are counted by layer and lane, and only where signs are kept") {
  for (const char* layer : {"colei", "dann"}) {
    const auto model = models::make_model(dale(layer), digits(20).info, {1}, torch::kCPU);
    const metrics::Measurement right = balance_of(*model);
    CHECK(right.at("balance").values().size() == 3);
    CHECK(right.at("sign_violations").values() == std::vector<double>{0, 0, 0});
    {
      const torch::NoGradGuard no_gradients;
      for (const models::NamedTensor& named : model->parameters()) {
        if (named.name == "2.weight" || named.name == "2.Wex") named.tensor[0][4].narrow(0, 0, 3).fill_(-1);
        if (named.name == "4.g") named.tensor[0][1] = -1;
      }
    }
    const double wrong_gains = std::string(layer) == "dann" ? 1 : 0;
    CHECK(balance_of(*model).at("sign_violations").values() == std::vector<double>{0, 3, wrong_gains});
  }
  const auto dense = models::make_model(dale("dense"), digits(20).info, {1}, torch::kCPU);
  CHECK(balance_of(*dense).count("sign_violations") == 0);
}

TEST_CASE("a new network by Dale's law is about balanced, and its excitation is not what the readout's bias hides") {
  const auto colei = models::make_model(dale("colei"), digits(20).info, {1}, torch::kCPU);
  const std::vector<double> balance = balance_of(*colei, {{"samples", 10}}).at("balance").values();
  CHECK(balance[0] == Approx(1));  // pixels excite
  CHECK(balance[1] < 0.7);
  CHECK(balance[1] > 0);
}

TEST_CASE("the state of an rnn is balanced by what it reads of inputs and of itself, together and over all rows") {
  const Json options =
      resolved_config({{"model", {{"kind", "rnn"}, {"width", 12}, {"activation", "relu"}, {"layer", "colei"}}}})
          .at("model");
  const auto model = models::make_model(options, digits(20).info, {1}, torch::kCPU);
  const std::vector<models::NamedTensor>& tensors = model->parameters();
  const Tensor u = tensors[0].tensor.detach()[0].to(torch::kFloat64),
               w = tensors[1].tensor.detach()[0].to(torch::kFloat64),
               readout = tensors[3].tensor.detach()[0].to(torch::kFloat64);
  REQUIRE(w.sizes() == std::vector<std::int64_t>{12, 12});
  const Tensor x = data::to_inputs(digits(20).test_images).slice(0, 0, 5).to(torch::kFloat64).view({5, 28, 28});
  Tensor h = torch::zeros({12, 5}, torch::kFloat64);
  double sum = 0, count = 0;
  const auto add = [&](const Tensor& excitation, const Tensor& inhibition) {
    const Tensor whole = excitation + inhibition;
    for (std::int64_t i = 0; i < whole.numel(); ++i) {
      const double of_unit = whole.flatten()[i].item<double>();
      if (of_unit == 0) continue;
      sum += std::abs((excitation - inhibition).flatten()[i].item<double>()) / of_unit;
      ++count;
    }
    return sum / count;
  };
  double of_state = 0;
  for (std::int64_t row = 0; row < 28; ++row) {
    const Tensor seen = x.select(1, row).t();
    of_state = add(u.matmul(seen) + w.clamp_min(0).matmul(h), (-w).clamp_min(0).matmul(h));
    h = (u.matmul(seen) + w.matmul(h) + tensors[2].tensor.detach()[0].to(torch::kFloat64).unsqueeze(1)).clamp_min(0);
  }
  REQUIRE(h.gt(0).any().item<bool>());
  sum = count = 0;
  const double of_readout = add(readout.clamp_min(0).matmul(h), (-readout).clamp_min(0).matmul(h));
  const metrics::Measurement found = balance_of(*model, {{"samples", 5}});
  const std::vector<double> balance = found.at("balance").values();
  REQUIRE(balance.size() == 3);  // by matrix: of inputs, of the state, of the readout
  CHECK(balance[0] == Approx(of_state).epsilon(1e-5));
  CHECK(balance[1] == balance[0]);
  CHECK(balance[2] == Approx(of_readout).epsilon(1e-5));
  CHECK(found.at("sign_violations").values() == std::vector<double>{0, 0, 0});
  {
    const torch::NoGradGuard no_gradients;
    tensors[1].tensor[0][4].narrow(0, 9, 3).fill_(1);  // the last ones inhibit
  }
  CHECK(balance_of(*model).at("sign_violations").values()[1] >= 1);
}
