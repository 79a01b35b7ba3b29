// SPDX-License-Identifier: MIT
// What does not go with layers by Dale's law, and what to do about it.
#include "eigensweep/models/layer_type.hpp"
#include <catch2/catch.hpp>
#include "small_catalog.hpp"

using namespace eigensweep;

namespace {

std::string asked(const std::string& model, const std::string& rest = "") {
  return message_of(R"({"name": "a", "model": {)" + model + "}" + rest + "}");
}

}  // namespace

TEST_CASE("layers by Dale's law want activities that are never negative") {
  const std::string begins =
      "s.json:/model: layer 'dann' wants activities that are never negative, so that signs of weights mean excitation "
      "and inhibition, ";
  const std::string dann = R"("width": 20, "layer": "dann")", relu = dann + R"(, "activation": "relu")";
  CHECK(asked(relu).empty());
  CHECK(asked(dann) == begins + "and activation 'tanh' makes some negative; choose activation 'relu'");
  CHECK(asked(relu + R"(, "batch_norm": true)") == begins + "and batch_norm makes some negative; leave it out");
  CHECK(asked(relu + R"(, "whiten": 1)") == begins + "and whiten makes some negative; leave it out");
  CHECK(asked(relu + R"(, "normalise": "per_image")") ==
        begins + "and normalise makes some inputs negative; leave it out");
  CHECK(
      asked(relu, R"(, "dataset": {"kind": "gaussian"})") ==
      "s.json:/model: layer 'dann' wants inputs that are never negative, because inputs excite; this dataset's may be "
      "as low as -inf; choose another dataset, or layer 'dense'");
}

TEST_CASE("layers by Dale's law have an initial law of their own and no limit of infinite width") {
  const std::string colei = R"("layer": "colei", "activation": "relu", "width": )";
  CHECK(asked(colei + R"(20, "weight_variance": 2)") ==
        "s.json:/model: layer 'colei' has an initial law of its own; leave out weight_variance, bias_variance and "
        "parametrisation");
  CHECK(
      asked(colei + R"(20, "centre_output": true)") ==
      "s.json:/model: layer 'colei' does not go with centre_output, which subtracts a network that is not kept; leave "
      "it out");
  CHECK(asked(colei + R"("inf")") ==
        "s.json:/model: layer 'colei' has no limit of infinite width in closed form; choose layer 'dense'");
}

TEST_CASE("muP's table and a bound on norms do not go with units that inhibit from beside a layer") {
  const std::string relu = R"("width": 20, "activation": "relu", "layer": )";
  const std::string mup = R"(, "training": {"rate_rule": "mup"})", bound = R"(, "constraints": {"max_norm": {}})";
  for (const std::string kind : {"mlp", "rnn"}) {
    const std::string of_kind = R"("kind": ")" + kind + R"(", )" + relu;
    for (const std::string layer : {"dense", "colei"}) {
      CHECK(asked(of_kind + '"' + layer + '"', mup).empty());
      CHECK(asked(of_kind + '"' + layer + '"', bound).empty());
    }
    for (const std::string layer : {"dann", "dann_uncorrected"}) {
      const std::string dann = of_kind + '"' + layer + '"';
      CHECK(asked(dann, R"(, "training": {"rate_rule": "over_width"})").empty());
      CHECK(asked(dann, mup) == "s.json:/model: layer '" + layer +
                                    "' has tensors that muP's table does not know, those of inhibition; choose another "
                                    "rate_rule");
      CHECK(asked(dann, bound) ==
            "s.json:/constraints/max_norm: inhibitory units take part in what a unit of layer '" + layer +
                "' receives, and a bound on the excitatory weights alone would silence it; leave this out, or choose "
                "layer 'dense' or 'colei'");
    }
  }
}

TEST_CASE("a layer has as many inhibitory units as its width over the ratio says, rounding of that aside") {
  const auto units = [](const char* layer, std::int64_t width, double ratio) {
    models::NetworkOptions network;
    network.width.value = width;
    network.layer = layer == std::string("colei") ? models::NetworkOptions::LayerType::colei
                                                  : models::NetworkOptions::LayerType::dann;
    network.ei_ratio = ratio;
    return models::inhibitory_units(network);
  };
  CHECK(units("dann", 350, 1.4) == 250);  // in float64 the quotient is a little more
  CHECK(units("dann", 700, 2.8) == 250);
  CHECK(units("colei", 700, 1.8) == 250);
  CHECK(units("dann", 351, 1.4) == 251);
  CHECK(units("dann", 100, 3) == 34);
  CHECK(units("colei", 100, 4) == 20);
}

TEST_CASE("a layer of inhibitory units alone is refused") {
  const std::string colei = R"("layer": "colei", "activation": "relu", "width": 20, )";
  const std::string why =
      " inhibitory ones, which leaves none to excite; choose a larger width or ei_ratio, or fewer inhibitory_units";
  CHECK(asked(colei + R"("inhibitory_units": 19)").empty());
  CHECK(asked(colei + R"("inhibitory_units": 20)") == "s.json:/model: layer 'colei' of 20 units has 20" + why);
  CHECK(asked(colei + R"("ei_ratio": 0.01)") == "s.json:/model: layer 'colei' of 20 units has 20" + why);
}

TEST_CASE("dense layers have no excitatory units to delete") {
  const std::string deletion = R"(, "attacks": {"unit_deletion": {"deleted_share": 0.1, "units": "excitatory"}})";
  CHECK(asked(R"("width": 20, "layer": "colei", "activation": "relu")", deletion).empty());
  CHECK(
      asked(R"("width": 20)", deletion) ==
      "s.json:/attacks/unit_deletion: units of layer 'dense' neither excite nor inhibit; choose units 'all', or layer "
      "'colei' or 'dann'");
}

TEST_CASE("metrics that a layer type does not have say so") {
  const std::string dann = R"("layer": "dann", "activation": "relu", "width": 20)";
  CHECK(asked(dann, R"(, "metrics": {"kernel_regime": {}})") ==
        "s.json:/metrics/kernel_regime: tangent kernels want affine layers only, and a layer 'dann' divides by its "
        "inhibition; leave out this metric, or choose layer 'dense' or 'colei'");
  CHECK(
      asked(R"("layer": "colei", "activation": "relu", "width": 20)", R"(, "metrics": {"kernel_regime": {}})").empty());
}

TEST_CASE("recurrent networks read images of several rows, have a finite width and one affine layer used many times") {
  const std::string rnn = R"("kind": "rnn", "width": 20)";
  CHECK(asked(rnn).empty());
  CHECK(asked(rnn, R"(, "dataset": {"kind": "mnist1d"})") ==
        "s.json:/model: an rnn reads samples row by row, and these have one row; choose images, or the model 'mlp'");
  CHECK(asked(R"("kind": "rnn", "width": "inf")") ==
        "s.json:/model/width: 'inf' is not an integer (units of the recurrent state); write a number");
  CHECK(asked(rnn, R"(, "metrics": {"kernel_regime": {}})") ==
        "s.json:/metrics/kernel_regime: tangent kernels want affine layers only, and an rnn uses one layer many times; "
        "leave out this metric, or choose the model 'mlp'");
  CHECK(asked(rnn + R"(, "layer": "dann")") ==
        "s.json:/model: layer 'dann' wants activities that are never negative, so that signs of weights mean "
        "excitation and inhibition, and activation 'tanh' makes some negative; choose activation 'relu'");
  const auto warned = [](const std::string& model, const std::string& layers) {
    return parse(R"({"name": "a", "model": {"width": 20, "kind": ")" + model +
                 R"("}, "training": {"batch_size": 100}, "regularizers": {"spectral": {"strength": 1, "layers": ")" +
                 layers + "\"}}}")
        .warnings;
  };
  CHECK(warned("rnn", "last").empty());
  CHECK(warned("mlp", "all").empty());
  CHECK(warned("rnn", "all") ==
        std::vector<std::string>{
            "/regularizers/spectral: layers 'all' of an rnn penalises its state after the first rows, too; where these "
            "rows are the same in all images, as the blank ones of MNIST, the state hardly varies, and rounding "
            "decides its part of the penalty; choose layers 'last'"});
}
