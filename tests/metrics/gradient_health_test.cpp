// SPDX-License-Identifier: MIT
// Networks whose gradients are known to be masked, and some that are well.
#include "measuring.hpp"

namespace {

Json health(int samples = 40) { return resolved(study::Family::metric, "gradient_health", {{"samples", samples}}); }

double number(const metrics::Measurement& measured, const char* column) { return measured.at(column).values().at(0); }

/// A layer of tanh units with that gain, and a readout of that size.
ToyNetwork network(double gain, double size) {
  ToyNetwork model = ToyNetwork::random(2, {784, 30, 10}, 3);
  const auto tensor = [&](std::size_t i) { return model.parameters()[i].tensor; };
  return ToyNetwork({{tensor(0) * gain, tensor(1)}, {tensor(2) * size, tensor(3)}},
                    [](const Tensor& h) { return h.tanh(); });
}

}  // namespace

TEST_CASE("a network of moderate weights raises no alarm") {
  const data::DeviceDataset set = digits(100);
  ToyNetwork model = network(1, 1);
  for (const metrics::Measurement& lane : measure("gradient_health", health(), model, set)) {
    for (const char* column :
         {"zero_gradients", "broken_gradients", "confident", "unstable_verdicts", "fragile_verdicts"}) {
      INFO(column);
      CHECK(number(lane, column) == 0);
    }
    CHECK(number(lane, "sign_disagreement") < 0.01);
    CHECK(number(lane, "direction_cosine") > 0.9999);
    CHECK(lane.at("tiny_gradients").values() == std::vector<double>{0, 0, 0});
    CHECK(number(lane, "saturated") == 0);
  }
}

TEST_CASE("saturated units and confident logits are told by their shares") {
  const data::DeviceDataset set = digits(100);
  ToyNetwork saturated = network(1e4, 1);
  for (const metrics::Measurement& lane : measure("gradient_health", health(), saturated, set)) {
    CHECK(number(lane, "saturated") > 0.99);
    CHECK(number(lane, "zero_gradients") > 0.5);
    CHECK(lane.at("tiny_gradients").values()[2] >= number(lane, "zero_gradients"));
  }
  // Labels that the network is sure of: cross entropy loses what the log-odds still have.
  ToyNetwork sure = network(1, 200);
  data::DeviceDataset own = set;
  own.test_labels = sure.forward(models::Inputs::shared(data::to_inputs(set.test_images), 2), models::Mode::evaluate)
                        .logits[0]
                        .argmax(0);
  const metrics::Measurement lane = measure("gradient_health", health(), sure, own)[0];
  CHECK(number(lane, "confident") > 0.5);
  CHECK(number(lane, "sign_disagreement") > 0.1);
  CHECK(number(lane, "direction_cosine") < 0.9);
  // Margins below the distance of neighbouring numbers at 1000.
  ToyNetwork undecided = network(1, 1e-6);
  undecided.parameters()[3].tensor.zero_();
  own.test_labels =
      undecided.forward(models::Inputs::shared(data::to_inputs(set.test_images), 2), models::Mode::evaluate)
          .logits[0]
          .argmax(0);
  CHECK(number(measure("gradient_health", health(), undecided, own)[0], "fragile_verdicts") > 0.5);
}

TEST_CASE("margins are those of the logits") {
  const data::DeviceDataset set = digits(100);
  ToyNetwork model = network(1, 1);
  const Tensor x = data::to_inputs(set.test_images.slice(0, 0, 51));
  const Tensor logits = model.forward(models::Inputs::shared(x, 2), models::Mode::evaluate).logits[1].t();
  const Tensor labels = set.test_labels.slice(0, 0, 51).unsqueeze(1);
  const Tensor others = logits.scatter(1, labels, -1e30);
  const Tensor margin = std::get<0>((logits.gather(1, labels).squeeze(1) - others.amax(1)).sort());
  const std::vector<double> found = measure("gradient_health", health(51), model, set)[1].at("margin").values();
  REQUIRE(found.size() == 5);
  // Of 51 numbers the 10th, 50th and 90th percentile are numbers of the list.
  CHECK(found[1] == Approx(margin[5].item<double>()).margin(1e-5));
  CHECK(found[2] == Approx(margin[25].item<double>()).margin(1e-5));
  CHECK(found[3] == Approx(margin[45].item<double>()).margin(1e-5));
}

TEST_CASE("a network whose numbers are not finite has a reason instead of shares, and its neighbour has its own") {
  const data::DeviceDataset set = digits(50);
  ToyNetwork model = network(1, 1);
  model.parameters()[2].tensor[1].fill_(std::nanf(""));
  const auto lanes = measure("gradient_health", health(20), model, set);
  CHECK(number(lanes[0], "broken_gradients") == 0);
  CHECK(lanes[0].failure.empty());
  CHECK(lanes[1].empty());
  CHECK_THAT(lanes[1].failure, Catch::Contains("not finite"));
}
