// SPDX-License-Identifier: MIT
// A network's derivatives by hand are autograd's, in float64.
#include <catch2/catch.hpp>

#include "eigensweep/models/model.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using namespace eigensweep::models;

namespace {

const study::DatasetInfo seven_classes{100, 100, {1, 4, 5}, 7};
constexpr std::int64_t lanes = 3, batch = 9;

std::unique_ptr<Model> network(const Json& changes, const std::vector<std::uint64_t>& seeds = {1, 2, 3}) {
  Json options{{"kind", "mlp"}, {"width", 6}, {"depth", 2}, {"precision", "float64"}};
  options.update(changes);
  if (options["kind"] == "rnn") options.erase("depth");
  return make_model(resolved(study::Family::model, options), seven_classes, seeds, torch::kCPU);
}

std::vector<Tensor> parameters_of(Model& model) {
  std::vector<Tensor> parameters;
  for (const NamedTensor& named : model.parameters()) parameters.push_back(named.tensor);
  return parameters;
}

double off_by(const Tensor& a, const Tensor& b) { return ((a - b).norm() / b.norm()).item<double>(); }

Tensor drawn(const std::vector<std::int64_t>& shape) { return torch::randn(shape, torch::kFloat64); }

/// Away from what an initial law makes special; tensors keep the signs that they declare.
void move_parameters(Model& model) {
  for (const NamedTensor& named : model.parameters()) {
    const Tensor moved = torch::rand_like(named.tensor.detach());
    if (named.signs.defined()) {
      named.tensor.data().mul_(1 + moved);
    } else {
      named.tensor.data().add_(moved - 0.5, 0.3);
    }
  }
}

}  // namespace

TEST_CASE("derivatives by the parameters are autograd's for every nonlinearity, scale, norm and grouping of batches") {
  const Json change =
      GENERATE(Json::object(), Json{{"activation", "relu"}}, Json{{"activation", "erf"}}, Json{{"activation", "gelu"}},
               Json{{"depth", 1}}, Json{{"depth", 4}},
               Json{{"parametrisation", "ntk"}, {"weight_variance", 2}, {"bias_variance", 0.5}},
               Json{{"output_scale", 3}}, Json{{"centre_output", true}}, Json{{"normalise", "per_image"}},
               Json{{"batch_norm", true}}, Json{{"batch_norm", true}, {"activation", "gelu"}, {"depth", 3}},
               Json{{"batch_norm", true}, {"centre_output", true}}, Json{{"layer", "colei"}, {"activation", "relu"}},
               Json{{"layer", "dann"}, {"activation", "relu"}}, Json{{"kind", "rnn"}, {"output_scale", 3}},
               Json{{"kind", "rnn"}, {"activation", "gelu"}, {"normalise", "per_image"}},
               Json{{"kind", "rnn"}, {"layer", "colei"}, {"activation", "relu"}},
               Json{{"kind", "rnn"}, {"layer", "dann"}, {"activation", "relu"}});
  const std::vector<std::int64_t> groups =
      GENERATE(as<std::vector<std::int64_t>>(), std::vector<std::int64_t>{3}, std::vector<std::int64_t>{1, 2},
               std::vector<std::int64_t>{1, 1, 1});
  const Mode mode = GENERATE(Mode::train, Mode::evaluate);
  INFO(change.dump());
  torch::manual_seed(5);
  const auto model = network(change);
  move_parameters(*model);
  const Inputs inputs{torch::rand({static_cast<std::int64_t>(groups.size()), batch, 20}), groups};
  const Output output = model->forward(inputs, mode);
  const auto pass = model->pass(inputs, mode);
  CHECK(off_by(pass->output.hidden.back(), output.hidden.back().detach()) < 1e-12);
  CHECK(off_by(pass->output.logits, output.logits.detach()) < 1e-12);
  // Derivatives of a task and of a penalty on the first and the last hidden layer.
  OutputGradient gradient{drawn({lanes, 7, batch}), std::vector<Tensor>(output.hidden.size())};
  std::vector<Tensor> ends{output.logits}, derivatives{gradient.logits};
  for (const std::size_t layer : {std::size_t{0}, output.hidden.size() - 1}) {
    if (gradient.hidden[layer].defined()) continue;  // there is one
    gradient.hidden[layer] = drawn({lanes, 6, batch});
    ends.push_back(output.hidden[layer]);
    derivatives.push_back(gradient.hidden[layer].clone());
  }
  const std::vector<Tensor> wanted = torch::autograd::grad(ends, parameters_of(*model), derivatives);
  REQUIRE(model->has_backward());
  const std::vector<Tensor> found = model->backward(*pass, gradient);
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CHECK(found[i].sizes() == wanted[i].sizes());
    CHECK(found[i].is_contiguous());
    CHECK(off_by(found[i], wanted[i]) < 1e-12);
  }
}

// On a CPU the rows of large products have gaps between them.
TEST_CASE("derivatives of wide networks are autograd's, without gaps in memory") {
  const Json change = GENERATE(Json{{"batch_norm", true}}, Json{{"layer", "colei"}, {"activation", "relu"}},
                               Json{{"layer", "dann"}, {"activation", "relu"}}, Json{{"kind", "rnn"}},
                               Json{{"kind", "rnn"}, {"layer", "dann"}, {"activation", "relu"}});
  const std::vector<std::uint64_t> seeds =
      GENERATE(as<std::vector<std::uint64_t>>(), std::vector<std::uint64_t>{1}, std::vector<std::uint64_t>{1, 2});
  INFO(change.dump());
  torch::manual_seed(7);
  Json wide = change;
  wide["width"] = seeds.size() == 1 ? 260 : 520;
  const auto model = network(wide, seeds);
  move_parameters(*model);
  const auto count = static_cast<std::int64_t>(seeds.size());
  const Inputs inputs = Inputs::shared(torch::rand({batch, 20}), count);
  const Output output = model->forward(inputs, Mode::train);
  const Tensor logits = drawn({count, 7, batch});
  const std::vector<Tensor> wanted = torch::autograd::grad({output.logits}, parameters_of(*model), {logits.clone()});
  const std::vector<Tensor> found = model->backward(*model->pass(inputs, Mode::train), {logits, {}});
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CHECK(found[i].is_contiguous());
    CHECK(off_by(found[i], wanted[i]) < 1e-11);
  }
}

TEST_CASE("derivatives by the inputs are autograd's") {
  const Json change =
      GENERATE(Json{{"activation", "tanh"}}, Json{{"activation", "gelu"}, {"depth", 3}},
               Json{{"parametrisation", "ntk"}, {"weight_variance", 2}}, Json{{"output_scale", 3}},
               Json{{"batch_norm", true}, {"activation", "erf"}}, Json{{"batch_norm", true}, {"depth", 3}},
               Json{{"layer", "dann"}, {"activation", "relu"}}, Json{{"kind", "rnn"}, {"activation", "erf"}},
               Json{{"kind", "rnn"}, {"layer", "dann"}, {"activation", "relu"}});
  const Mode mode = GENERATE(Mode::train, Mode::evaluate);
  INFO(change.dump());
  torch::manual_seed(6);
  const auto model = network(change);
  move_parameters(*model);
  const Tensor x = torch::rand({lanes, batch, 20}, torch::kFloat64).requires_grad_();
  const Tensor logits = drawn({lanes, 7, batch});
  const Output output = model->forward(Inputs::per_lane(x), mode);
  const Tensor wanted = torch::autograd::grad({output.logits}, {x}, {logits})[0];
  REQUIRE(model->has_input_gradient());
  const auto pass = model->pass(Inputs::per_lane(x.detach()), mode);
  CHECK(off_by(model->input_gradient(*pass, logits), wanted) < 1e-12);
}

TEST_CASE("running statistics of a batch norm move as in a forward pass") {
  const auto by_hand = network({{"batch_norm", true}}), by_autograd = network({{"batch_norm", true}});
  const Inputs inputs = Inputs::shared(drawn({batch, 20}), lanes);
  by_hand->pass(inputs, Mode::train);
  by_hand->pass(inputs, Mode::evaluate);
  by_autograd->forward(inputs, Mode::train);
  REQUIRE(by_hand->buffers().size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(torch::equal(by_hand->buffers()[i].tensor, by_autograd->buffers()[i].tensor));
  }
}

TEST_CASE("a network whose derivatives are not those of its dense layers alone says so") {
  CHECK_FALSE(network({{"whiten", 1}})->has_backward());
  CHECK_FALSE(network({{"normalise", "per_image"}})->has_input_gradient());
  CHECK_FALSE(network({{"centre_output", true}})->has_input_gradient());
  CHECK_FALSE(make_model(resolved(study::Family::model, {{"kind", "cnn"}, {"width", 4}}), {100, 100, {1, 8, 8}, 5}, {1},
                         torch::kCPU)
                  ->has_backward());
}
