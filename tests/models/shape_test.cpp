// SPDX-License-Identifier: MIT
// What kinds of models declare about their size, which plans are made of.
#include <catch2/catch.hpp>

#include "eigensweep/models/model.hpp"
#include "resolved.hpp"

using namespace eigensweep;

TEST_CASE("a network has as many parameters and hidden units as its kind declares") {
  const study::DatasetInfo images{100, 100, {2, 12, 10}, 5};
  for (const char* text : {
           R"({"kind": "mlp", "width": 20, "depth": 3})",
           R"({"kind": "mlp", "width": 20, "depth": 2, "batch_norm": true})",
           R"({"kind": "mlp", "width": 20, "depth": 2, "activation": "relu", "layer": "colei"})",
           R"({"kind": "mlp", "width": 20, "depth": 2, "activation": "relu", "layer": "dann", "inhibitory_units": 3})",
           R"({"kind": "cnn", "width": 20, "depth": 1, "channels": 3, "batch_norm": true})",
           R"({"kind": "rnn", "width": 20})",
           R"({"kind": "rnn", "width": 20, "activation": "relu", "layer": "colei"})",
           R"({"kind": "rnn", "width": 20, "activation": "relu", "layer": "dann", "inhibitory_units": 3})",
       }) {
    INFO(text);
    const Json options = resolved(study::Family::model, Json::parse(text));
    const study::ModelShape shape = study::kind_of(catalog(), study::Family::model, options).shape(options, images);
    const auto model = models::make_model(options, images, {4}, torch::kCPU);
    std::int64_t numbers = 0;
    for (const models::NamedTensor& named : model->parameters()) numbers += named.tensor.numel();
    CHECK(numbers == shape.parameters);
    const models::Output output =
        model->forward(models::Inputs::shared(torch::rand({3, 240}), 1), models::Mode::evaluate);
    std::vector<std::int64_t> widths;
    for (const torch::Tensor& hidden : output.hidden) widths.push_back(hidden.size(1));
    CHECK(widths == shape.hidden_widths);
  }
}
