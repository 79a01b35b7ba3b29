// SPDX-License-Identifier: MIT
// Studies that are well formed and impossible, or legal and worth a warning.
#include <catch2/catch.hpp>
#include "eigensweep/core/error.hpp"
#include "small_catalog.hpp"

using namespace eigensweep;

TEST_CASE("batches of one sample are refused where a statistic is taken over them, with the ways out") {
  const std::string wide = R"("name": "a", "model": {"width": 64, "batch_norm": true}, )";
  const std::string why = " (batch_norm takes a statistic over each batch, and a single sample has none); ";
  const std::string begins = "s.json:/model: ";
  const auto trained = [&](const std::string& training, const std::string& rest = "") {
    return message_of("{" + wide + R"("training": )" + training + rest + "}");
  };
  CHECK(trained(R"({"batch_size": 59999})") ==
        begins + "batch_size 59999 leaves a last batch of 1 of the 60000 training samples" + why +
            "set last_batch to 'drop', or choose the batch_size 59998 or 60000");
  CHECK(trained(R"({"batch_size": 41})").empty());  // 60,000 = 41 x 1,463 + 17
  CHECK(trained(R"({"batch_size": 59999, "last_batch": "drop"})").empty());
  CHECK(trained(R"({"batch_size": 100000})").empty());
  CHECK(trained(R"({"batch_size": 1})") == begins + "batch_size is 1" + why + "choose 2 or more");
  CHECK(trained(R"({"batch_size": 1, "last_batch": "drop"})") == begins + "batch_size is 1" + why + "choose 2 or more");
  // The message names the cell. An adversary's clean batch counts, too.
  CHECK_THAT(trained(R"({"batch_size": {"sweep": [64, 59999]}})"), Catch::EndsWith(" (in the cell batch_size=59999)"));
  CHECK_THAT(trained(R"({"batch_size": 59999, "adversary": "fgsm"})"), Catch::Contains("leaves a last batch of 1"));
  for (const char* layers :
       {R"({"width": 64, "whiten": 1})", R"({"kind": "cnn", "batch_norm": true})", R"({"kind": "cnn", "whiten": 1})"}) {
    CHECK_THAT(message_of(std::string(R"({"name": "a", "training": {"batch_size": 59999}, "model": )") + layers + "}"),
               Catch::StartsWith("s.json:/model: batch_size 59999 leaves a last batch of 1"));
  }
  const std::string penalty =
      R"({"name": "a", "model": {"width": 64}, "regularizers": {"spectral": {"strength": 1}}, "training": )";
  CHECK(message_of(penalty + R"({"batch_size": 59999}})") ==
        "s.json:/regularizers/spectral: batch_size 59999 leaves a last batch of 1 of the 60000 training samples (the "
        "penalty takes a statistic over each batch, and a single sample has none); set last_batch to 'drop', or choose "
        "the batch_size 59998 or 60000");
  // The penalty sees the clean sample and its perturbed copy.
  CHECK(message_of(penalty + R"({"batch_size": 59999, "adversary": "fgsm"}})").empty());
  CHECK(message_of(R"({"name": "a", "model": {"width": 64}, "training": {"batch_size": 59999}})").empty());
}

TEST_CASE("rounded products are refused where a network has none of float32") {
  const auto asked = [](const std::string& model, const std::string& rest) {
    return message_of(R"({"name": "a", "dataset": {"kind": "gaussian"}, "model": )" + model + ", " + rest + "}");
  };
  const std::string in_float64 = R"({"width": 64, "precision": "float64"})", finite = R"({"width": 64})";
  const std::string infinite =
      R"({"width": "inf", "parametrisation": "ntk", "weight_variance": 2, "centre_output": true})";
  const std::vector<std::pair<std::string, std::string>> places{
      {"/training", R"("training": {"compute": "bfloat16"})"},
      {"/regularizers/spectral", R"("regularizers": {"spectral": {"compute": "bfloat16"}})"},
      {"/attacks/fgsm", R"("attacks": {"fgsm": {"epsilon": 0.1, "compute": "bfloat16"}})"},
      {"/attacks/pgd", R"("attacks": {"pgd": {"epsilon": 0.1, "compute": "bfloat16"}})"}};
  for (const auto& [place, rest] : places) {
    CHECK(asked(finite, rest).empty());
    CHECK(asked(in_float64, rest) ==
          "s.json:" + place +
              ": compute 'bfloat16' rounds the products of a float32 network, and this one computes in float64; choose "
              "'float32'");
  }
  const std::string lazy = R"("training": {"loss": "mse", "limit_time": "end", "optimizer": {"kind": "sgd"}}, )";
  CHECK(asked(infinite, lazy + R"("attacks": {"fgsm": {"epsilon": 0.1}})").empty());
  CHECK(asked(infinite, lazy + R"("attacks": {"fgsm": {"epsilon": 0.1, "compute": "tf32"}})") ==
        "s.json:/attacks/fgsm: compute 'tf32' rounds the products of a float32 network, and this one has infinite "
        "width; choose 'float32'");
  CHECK_THAT(asked(R"({"width": 64, "precision": {"sweep": ["float32", "float64"]}})", places[0].second),
             Catch::EndsWith("choose 'float32' (in the cell precision=float64)"));
}

TEST_CASE("a bound that moves initial networks does not go with subtracting them") {
  CHECK(
      message_of(R"({"name": "a", "model": {"width": 64, "centre_output": true}, "constraints": {"max_norm": {}}})") ==
      "s.json:/constraints/max_norm: it changes the initial network, and centre_output subtracts that as its seed "
      "made it, so that training would not start from 0; leave one of them out");
}

TEST_CASE("statistics over too few samples of a split are refused") {
  const std::string begins =
      R"({"name": "a", "model": {"width": 64}, "dataset": {"kind": "gaussian", "train_samples": 60, "test_samples": )";
  const auto asked = [&](const char* there, const std::string& metrics) {
    return message_of(begins + there + R"(}, "metrics": {)" + metrics + "}}");
  };
  CHECK(asked("3", R"("kernel_regime": {})") ==
        "s.json:/metrics/kernel_regime: the test split has 3 samples (the debiased cka of probe samples wants 4); give "
        "it more, or choose the other split");
  CHECK(asked("3", R"("kernel_regime": {"split": "train"})").empty());
  CHECK(asked("4", R"("kernel_regime": {})").empty());
  CHECK(asked("1", R"("spectrum": {"split": "test"})") ==
        "s.json:/metrics/spectrum: a covariance over 1 sample is 0; give it more samples");
  CHECK(asked("2", R"("spectrum": {"samples": 1})") ==
        "s.json:/metrics/spectrum: a covariance over 1 sample is 0; give it more samples");
  CHECK(asked("2", R"("spectrum": {})").empty());
}

TEST_CASE("a metric is refused wherever it is asked for, also of a network that an earlier cell asks for") {
  for (const Broken& broken : broken_metrics) {
    // The second case trains the same network as the first; only the second asks for the metric.
    const std::string text(broken.text), metrics = text.substr(text.find("\"metrics\""));
    const std::string study = "{\"name\": \"a\", " + text.substr(0, text.find("\"metrics\"")) +
                              R"("metrics": {"accuracy": {}}, "cases": [{"name": "x"}, {"name": "y", )" + metrics +
                              "}]}";
    INFO(study);
    const std::string message(broken.message), place = "s.json:/metrics/";
    REQUIRE(message.starts_with(place));
    CHECK(message_of(study) == "s.json:/cases/1/metrics/" + message.substr(place.size()) + " (in the cell case=y)");
  }
}

TEST_CASE("a warning of a metric is given once, wherever it is asked for") {
  study::Catalog catalog;
  for (study::Kind kind : small_catalog().all()) {
    if (kind.name == "accuracy") {
      kind.warn = [](const Json&, const Json&) -> std::string { return "is asked for"; };
    }
    catalog.add(std::move(kind));
  }
  const auto study =
      study::parse_study(R"({"name": "a", "seed": {"sweep": [0, 1]}, "model": {"width": 64}, "metrics": {},
      "cases": [{"name": "x"}, {"name": "y", "metrics": {"clean": {"kind": "accuracy"}}}]})",
                         "s.json", catalog);
  REQUIRE(study.trials.size() == 2);
  CHECK(study.warnings == std::vector<std::string>{"/cases/1/metrics/clean: is asked for"});
}

TEST_CASE("more samples held out for validation than there are is refused with its place") {
  const auto held_out = [](const std::string& dataset) {
    return message_of(R"({"name": "a", "model": {"width": 64}, "metrics": {"accuracy": {}}, "dataset": )" + dataset +
                      "}");
  };
  CHECK(held_out(R"({"kind": "gaussian", "train_samples": 60, "validation_samples": 60})") ==
        "s.json:/dataset/validation_samples: 60 of 60 training samples held out leave none to train on; hold out "
        "fewer");
  CHECK(held_out(R"({"kind": "mnist1d", "validation_samples": {"sweep": [10, 4001]}})") ==
        "s.json:/dataset/validation_samples: 4001 of 4000 training samples held out leave none to train on; hold out "
        "fewer (in the cell validation_samples=4001)");
  CHECK(held_out(R"({"kind": "gaussian", "train_samples": 60, "validation_samples": 59})").empty());
}

TEST_CASE("a name is no longer than file systems take") {
  const std::string longest(255, 'n');
  CHECK(message_of(R"({"name": ")" + longest + R"(", "model": {"width": 64}})").empty());
  CHECK(message_of(R"({"name": "n)" + longest + R"(", "model": {"width": 64}})") ==
        "s.json:/name: this name has 256 characters (file names have 255 at most); choose a shorter one");
}

TEST_CASE("a batch that is too small for a penalty is legal, with a warning") {
  const auto study = parse(R"({"name": "a", "model": {"width": 64}, "training": {"batch_size": 64},
                               "regularizers": {"spectral": {}}})");
  CHECK(
      study.warnings ==
      std::vector<std::string>{
          "/regularizers/spectral: a batch of 64 is not larger than the layer's width 64, so the tail of its spectrum "
          "is noise; the method wants at least 1.25 times the width"});
}

TEST_CASE("a network that is too narrow for its spectrum's exponent is legal, with a warning") {
  const auto warnings = [](const std::string& rest) { return parse(R"({"name": "a", )" + rest + "}").warnings; };
  using Lines = std::vector<std::string>;
  // One line, however many widths are too small.
  CHECK(warnings(R"("model": {"width": {"sweep": [11, 12, 17, 18, 64]}})") ==
        Lines{"/metrics/spectrum: layers of fewer than 18 units get no exponent: a fit needs 8 ranks from 11 on; lower "
              "fit_first, or take wider layers"});
  CHECK(warnings(R"("model": {"width": 18})").empty());
  CHECK(warnings(R"("model": {"width": 8}, "metrics": {"accuracy": {}, "spectrum": {"fit_first": 1}})").empty());
  CHECK(warnings(R"("model": {"width": 8}, "metrics": {"accuracy": {}})").empty());
  CHECK(
      warnings(R"("model": {"width": 64}, "metrics": {"accuracy": {}, "spectrum": {"fit_last": 17}})") ==
      Lines{"/metrics/spectrum: ranks 11 to 17 are fewer than the 8 that a fit needs: no layer gets an exponent; raise "
            "fit_last"});
  CHECK(
      warnings(R"("model": {"width": 64}, "metrics": {"accuracy": {}, "spectrum": {"samples": 18}})") ==
      Lines{
          "/metrics/spectrum: the covariance of 18 samples has fewer than the 8 ranks from 11 on that a fit needs: no "
          "layer gets an exponent; take more than 18 samples, or lower fit_first"});
  CHECK(warnings(R"("model": {"width": 64}, "metrics": {"accuracy": {}, "spectrum": {"samples": 19}})").empty());
  CHECK(warnings(R"("model": {"width": 64}, "metrics": {"accuracy": {}, "kernel_regime": {"samples": 17}})") ==
        Lines{"/metrics/kernel_regime: a tangent kernel of 17 samples has no exponent: a fit needs 8 ranks from 11 on; "
              "take "
              "18 samples or more"});
}
