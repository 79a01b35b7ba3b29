// SPDX-License-Identifier: MIT
#include "studies.hpp"

#include "dataset_files.hpp"
#include "eigensweep/catalog.hpp"

using namespace eigensweep;

namespace device_studies {
namespace {

/// The least network and data, to which a condition's changes are merged. The lanes are two seeds.
constexpr const char* usual = R"({
  "name": "device", "seed": {"sweep": [0, 1]},
  "dataset": {"kind": "gaussian", "input_size": 20, "train_samples": 200, "test_samples": 60},
  "model": {"width": 12, "depth": 2},
  "training": {"epochs": 2, "batch_size": 50},
  "attacks": {"fgsm": {"epsilon": {"sweep": [0, 0.1]}, "samples": 40}},
  "metrics": {"accuracy": {}}})";

/// A convolutional network on few images; `changes` is merged to it.
Json cnn(const char* changes) {
  Json document = Json::parse(R"({
    "dataset": {"kind": "mnist", "input_size": null, "train_samples": 60, "test_samples": 20},
    "model": {"kind": "cnn", "depth": 1, "channels": 2, "kernel_size": 5},
    "training": {"batch_size": 30}, "attacks": {"fgsm": {"samples": 10}}})");
  document.merge_patch(Json::parse(changes));
  return document;
}

/// A network by Dale's law, which reads no negative inputs; `model` and `rest` are merged to it.
Json dale(const char* model, const char* rest = "{}") {
  Json document = Json::parse(R"({
    "dataset": {"kind": "mnist", "input_size": null, "train_samples": 100, "test_samples": 20},
    "model": {"activation": "relu"},
    "attacks": {"fgsm": {"samples": 10}, "unit_deletion": {"deleted_share": 0.3, "units": "inhibitory", "draws": 2}},
    "metrics": {"weights": {}, "ei_balance": {"split": "train", "samples": 30}, "all_balanced": {"kind": "ei_balance"}}})");
  document["model"].merge_patch(Json::parse(model));
  document.merge_patch(Json::parse(rest));
  return document;
}

/// A recurrent network; `model` and `rest` are merged to it.
Json rnn(const char* model, const char* rest = R"({"attacks": {"unit_deletion": {"units": "all"}}})") {
  Json document = dale(model, rest);
  document["model"].update(Json{{"kind", "rnn"}, {"depth", nullptr}});
  return document;
}

struct Changes {
  std::string name;
  Json document;
  double tolerance = 0;
};

std::vector<Changes> of_networks() {
  const auto mlp = [](const char* text) { return Json::parse(text); };
  return {
      {"relu, normalised by channel", mlp(R"({"model": {"activation": "relu", "normalise": "per_channel"}})")},
      {"erf, normalised by image", mlp(R"({"model": {"activation": "erf", "normalise": "per_image"}})")},
      {"gelu, batch norm", mlp(R"({"model": {"activation": "gelu", "batch_norm": true}})")},
      {"whitened about the mean", mlp(R"({"model": {"whiten": 1}})")},
      {"whitened about zero, float64",
       mlp(R"({"model": {"whiten": 2, "whiten_about": "zero", "precision": "float64"}})")},
      {"muP", mlp(R"({"model": {"parametrisation": "mup", "weight_variance": 1, "bias_variance": 0.1, "base_width": 6},
               "training": {"rate_rule": "mup"}})")},
      {"lazy",
       mlp(R"({"model": {"parametrisation": "ntk", "weight_variance": 1, "output_scale": 3, "centre_output": true},
               "training": {"loss": "mse", "optimizer": {"kind": "sgd", "learning_rate": 0.5}}})")},
      {"excitatory and inhibitory columns", dale(R"({"layer": "colei", "ei_ratio": 2})")},
      {"inhibitory units beside excitatory ones, float64",
       dale(R"({"layer": "dann", "inhibitory_units": 3, "precision": "float64"})",
            R"({"training": {"optimizer": {"kind": "sgd"}}, "attacks": {"unit_deletion": {"units": "excitatory"}}})")},
      {"inhibitory units beside excitatory ones, uncorrected, penalty",
       dale(R"({"layer": "dann_uncorrected"})",
            R"({"training": {"optimizer": {"kind": "sgd", "learning_rate": 0.001}},
                "regularizers": {"spectral": {"cutoff": 3, "layers": "all"}}})")},
      {"rnn", rnn(R"({"activation": "tanh", "normalise": "per_channel"})")},
      {"rnn, erf, normalised by image", rnn(R"({"activation": "erf", "normalise": "per_image"})")},
      {"rnn, gelu, rates by width",
       rnn(R"({"activation": "gelu", "base_width": 4})",
           R"({"training": {"rate_rule": "mup"}, "attacks": {"unit_deletion": {"units": "all"}}})")},
      {"rnn, excitatory and inhibitory columns", rnn(R"({"layer": "colei", "ei_ratio": 3})", "{}")},
      {"rnn, inhibitory units in between, float64",
       rnn(R"({"layer": "dann", "inhibitory_units": 3, "precision": "float64"})",
           R"({"training": {"optimizer": {"kind": "sgd", "learning_rate": 0.001}},
               "regularizers": {"spectral": {"cutoff": 3}}})")},
      {"rnn, uncorrected", rnn(R"({"layer": "dann_uncorrected"})", "{}")},
      {"cnn, erf, average pooling, whitened about zero",
       cnn(R"({"model": {"activation": "erf", "pooling": "average", "kernel_size": 15, "whiten": 1,
                         "whiten_about": "zero"}})")},
      {"cnn, relu, strides, normalised by channel",
       cnn(R"({"model": {"activation": "relu", "pooling": "none", "stride": 2, "normalise": "per_channel", "width": 20}})")},
      {"cnn, gelu, two blocks, batch norm, float64",
       cnn(R"({"model": {"activation": "gelu", "depth": 2, "batch_norm": true, "precision": "float64"}})")},
      {"cnn, lazy, normalised by image",
       cnn(R"({"model": {"parametrisation": "ntk", "weight_variance": 2, "bias_variance": 0.1, "output_scale": 2,
                         "centre_output": true, "normalise": "per_image"}})")},
      {"cnn, rate over width", cnn(R"({"model": {"base_width": 6}, "training": {"rate_rule": "over_width"}})")},
  };
}

/// Sizes that take another way through the products.
std::vector<Changes> of_shapes() {
  // On the CPU alone the rows of wide layers are aligned, and products of many lanes run one by one.
  constexpr double of_products = 1e-5;
  const auto changes = [](const char* text) { return Json::parse(text); };
  return {
      {"one lane", changes(R"({"seed": 0, "regularizers": {"spectral": {"cutoff": 2, "layers": "all"}}})")},
      {"one lane of a cnn", cnn(R"({"seed": 0})")},
      {"one wide lane", changes(R"({"seed": 0, "model": {"width": 300}})"), of_products},
      {"wide, more units than samples",
       changes(R"({"model": {"width": 520, "depth": 1}, "training": {"epochs": 1}, "metrics": {"spectrum": {}}})"),
       of_products},
  };
}

std::vector<Changes> of_infinite_width() {
  constexpr double of_sums = 1e-9;  // of float64: kernels are made in blocks, on a device in larger ones
  return {
      {"infinite width", Json::parse(R"({
         "model": {"width": "inf", "parametrisation": "ntk", "weight_variance": 2, "bias_variance": 0.1,
                   "centre_output": true, "activation": "relu"},
         "training": {"loss": "mse", "optimizer": {"kind": "sgd", "learning_rate": 0.5}},
         "metrics": {"spectrum": {}, "kernel_regime": {"samples": 16}}})"),
       of_sums},
      {"infinitely many channels, trained to the end", cnn(R"({
         "dataset": {"train_samples": 20, "test_samples": 10},
         "model": {"width": "inf", "parametrisation": "ntk", "weight_variance": 2, "centre_output": true,
                   "pooling": "average", "stride": 3},
         "training": {"loss": "mse", "limit_time": "end", "batch_size": 20,
                      "optimizer": {"kind": "sgd", "learning_rate": 0.5}},
         "attacks": {"fgsm": {"samples": 4}}})"),
       of_sums},
  };
}

std::vector<Changes> of_training() {
  constexpr double of_rounding = 1e-5;  // a last bit of float32 can decide which way an operand is rounded
  const auto changes = [](const char* text) { return Json::parse(text); };
  return {
      {"plain", changes("{}")},
      {"adam, every option",
       changes(R"({"training": {"optimizer": {"kind": "adam", "learning_rate": {"sweep": [0.001, 0.01]}, "beta1": 0.8,
                                             "beta2": 0.99, "epsilon": 1e-6, "amsgrad": true,
                                             "weight_decay": 0.01}}})")},
      {"adamw, every option, falling as a cosine, warm-up",
       changes(R"({"training": {"optimizer": {"kind": "adamw", "learning_rate": 0.01, "beta1": 0.8, "beta2": 0.99,
                                             "epsilon": 1e-6, "amsgrad": true, "weight_decay": 0.05},
                               "schedule": {"kind": "cosine", "final_factor": 0.1}, "warmup_epochs": 1}})")},
      {"adamw", changes(R"({"training": {"optimizer": {"kind": "adamw"}}})")},
      {"sgd with momentum, falling in steps, last batch dropped, order shared",
       changes(R"({"training": {"optimizer": {"kind": "sgd", "momentum": 0.9},
                               "schedule": {"kind": "step", "every": 1, "factor": 0.5}, "batch_size": 60,
                               "last_batch": "drop", "batch_order": "shared"}})")},
      {"nesterov, decay, centred targets", changes(R"({"training": {"loss": "mse", "target_offset": 0.1,
                               "optimizer": {"kind": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": true,
                                             "weight_decay": 0.001}}})")},
      {"ends early, snapshots",
       changes(R"({"training": {"epochs": 3, "stop_loss": {"sweep": [0, 1000]}, "snapshots": 2},
                                           "metrics": {"kernel_regime": {"samples": 16}}})")},
      {"adversary fgsm", changes(R"({"training": {"adversary": "fgsm", "adversary_epsilon": 0.05}})")},
      {"adversary pgd",
       changes(R"({"training": {"adversary": "pgd", "adversary_steps": 3, "adversary_relative_step": 0.4}})")},
      {"spectral penalty on the last layer, several strengths",
       changes(R"({"regularizers": {"spectral": {"strength": {"sweep": [0.5, 2]}, "exponent": 1.2, "cutoff": 3}}})")},
      {"spectral penalty on all layers, float32 products",
       changes(R"({"regularizers": {"spectral": {"cutoff": 2, "layers": "all", "products": "float32"}}})")},
      {"spectral penalty, eigenvectors over fewer samples",
       changes(R"({"regularizers": {"spectral": {"cutoff": 3, "basis_samples": 90}}})")},
      {"jacobian, three directions", changes(R"({"regularizers": {"jacobian": {"strength": 0.1, "projections": 3}}})")},
      {"jacobian, exact", changes(R"({"regularizers": {"jacobian": {"strength": 0.1, "projections": 0}}})")},
      {"cnn with penalties", cnn(R"({"regularizers": {"spectral": {"cutoff": 2}, "jacobian": {}}})")},
      {"products in bfloat16, of the penalty in tf32", changes(R"({"training": {"compute": "bfloat16"},
                               "regularizers": {"spectral": {"cutoff": 2, "compute": "tf32"}}})"),
       of_rounding},
      {"products in tf32, of the penalty in bfloat16", cnn(R"({"training": {"compute": "tf32"},
                               "regularizers": {"spectral": {"cutoff": 2, "compute": "bfloat16"}}})"),
       of_rounding},
      {"largest norm", changes(R"({"constraints": {"max_norm": {"norm": 0.5}}})")},
  };
}

std::vector<Changes> of_evaluations() {
  const auto changes = [](const char* text) { return Json::parse(text); };
  return {
      {"every attack", changes(R"({"dataset": {"validation_samples": 20}, "attacks": {
         "pgd": {"epsilon": {"sweep": [0, 0.1]}, "samples": 40, "steps": 3, "relative_step": 0.4},
         "from_the_sample": {"kind": "pgd", "epsilon": 0.1, "random_start": false, "split": "validation"},
         "pgd_in_tf32": {"kind": "pgd", "epsilon": 0.1, "compute": "tf32"},
         "pgd_on_the_odds": {"kind": "pgd", "epsilon": 0.1, "loss": "log_odds"},
         "pgd_on_the_margin": {"kind": "pgd", "epsilon": 0.1, "loss": "margin", "recompute_vanishing": true},
         "pgd_on_dlr": {"kind": "pgd", "epsilon": 0.1, "loss": "dlr"},
         "fgsm_on_the_odds": {"kind": "fgsm", "epsilon": 0.1, "loss": "log_odds"},
         "fgsm_on_the_margin": {"kind": "fgsm", "epsilon": 0.1, "loss": "margin", "recompute_vanishing": true},
         "fgsm_on_dlr": {"kind": "fgsm", "epsilon": 0.1, "loss": "dlr"},
         "apgd": {"epsilon": {"sweep": [0, 0.1]}, "samples": 40, "steps": 4, "restarts": 2},
         "apgd_in_l2": {"kind": "apgd", "epsilon": 1, "norm": "l2", "steps": 4, "loss": "margin"},
         "apgd_on_dlr": {"kind": "apgd", "epsilon": 0.1, "steps": 4, "loss": "dlr", "split": "validation"},
         "apgd_to_classes": {"kind": "apgd", "epsilon": 0.1, "steps": 4, "targets": 2},
         "square": {"epsilon": {"sweep": [0, 0.1]}, "samples": 40, "queries": 6, "initial_share": 0.3},
         "squares_on_validation": {"kind": "square", "epsilon": 0.1, "queries": 6, "split": "validation"},
         "squares_in_l2": {"kind": "square", "epsilon": {"sweep": [0, 1]}, "queries": 6, "norm": "l2"},
         "reference": {"epsilon": {"sweep": [0, 0.1]}, "samples": 20},
         "reference_in_l2": {"kind": "reference", "epsilon": 1, "norm": "l2", "split": "validation"},
         "autoattack_standard": {"epsilon": 50, "samples": 20},
         "autoattack_in_l2": {"kind": "autoattack_standard", "epsilon": 200, "norm": "l2", "split": "validation"},
         "strict": {"epsilon": {"sweep": [0, 0.05, 0.1]}, "samples": 40, "steps": 4, "targets": 2, "queries": 4},
         "strict_in_l2": {"kind": "strict", "epsilon": {"sweep": [0.5, 1]}, "norm": "l2", "steps": 4, "split": "validation"},
         "fgsm_in_l2": {"kind": "fgsm", "epsilon": 0.5, "norm": "l2"},
         "pgd_in_l2": {"kind": "pgd", "epsilon": 0.5, "norm": "l2", "steps": 3, "loss": "log_odds"},
         "pgd_again": {"kind": "pgd", "epsilon": 0.1, "steps": 2, "restarts": 3},
         "fab": {"epsilon": {"sweep": [0, 0.1]}, "samples": 40, "steps": 3, "targets": 2},
         "fab_in_l2": {"kind": "fab", "epsilon": 1, "norm": "l2", "steps": 3, "targets": 2, "split": "validation"},
         "deepfool": {"epsilon": {"sweep": [0, 0.1]}, "samples": 40, "steps": 3, "candidates": 3},
         "deepfool_in_l2": {"kind": "deepfool", "epsilon": 1, "norm": "l2", "steps": 3, "overshoot": 0.1,
                            "split": "validation"},
         "mi_fgsm": {"epsilon": {"sweep": [0, 0.1]}, "samples": 40, "steps": 3, "relative_step": 0.4,
                     "recompute_vanishing": true},
         "momentum_in_l2": {"kind": "mi_fgsm", "epsilon": 1, "norm": "l2", "steps": 3, "momentum": 0.5,
                            "loss": "log_odds", "split": "validation"},
         "momentum_in_tf32": {"kind": "mi_fgsm", "epsilon": 0.1, "compute": "tf32", "loss": "margin"},
         "fgsm_in_tf32": {"kind": "fgsm", "epsilon": 0.1, "compute": "tf32"},
         "fgsm_of_validation": {"kind": "fgsm", "epsilon": 0.1, "split": "validation"},
         "gaussian_noise": {"sigma": {"sweep": [0.1, 0.3]}},
         "noise_on_few": {"kind": "gaussian_noise", "sigma": 0.1, "samples": 10, "split": "validation"},
         "uniform_noise": {"epsilon": {"sweep": [0, 0.3]}},
         "uniform_on_few": {"kind": "uniform_noise", "epsilon": 0.1, "samples": 10, "split": "validation"}}})")},
      // A CPU with instructions for bfloat16 takes another product than the pretended device, and a last bit can decide
      // a sign.
      {"attacks along gradients in bfloat16", changes(R"({"attacks": {
         "pgd_in_bfloat16": {"kind": "pgd", "epsilon": 0.1, "compute": "bfloat16"},
         "momentum_in_bfloat16": {"kind": "mi_fgsm", "epsilon": 0.1, "compute": "bfloat16", "loss": "dlr"},
         "fgsm_in_bfloat16": {"kind": "fgsm", "epsilon": 0.1, "compute": "bfloat16"}}})"),
       1e-3},
      {"moved images", changes(R"({
         "dataset": {"kind": "mnist", "input_size": null, "train_samples": 100, "test_samples": 20, "validation_samples": 10},
         "attacks": {"translation": {"shift": {"sweep": [0, 1]}}, "rotation": {"angle": {"sweep": [0, 2, 5]}},
                     "shifts_of_few": {"kind": "translation", "shift": 1, "samples": 5, "split": "validation"},
                     "coarse_rotation": {"kind": "rotation", "angle": 90, "resolution": 45, "samples": 5,
                                         "split": "validation"}}})")},
      {"salt and pepper", changes(R"({
         "dataset": {"kind": "mnist", "input_size": null, "train_samples": 100, "test_samples": 20, "validation_samples": 10},
         "attacks": {"salt_and_pepper_noise": {"share": {"sweep": [0, 0.1, 0.3]}},
                     "salt_on_few": {"kind": "salt_and_pepper_noise", "share": 0.1, "samples": 5,
                                     "split": "validation"},
                     "synaptic_noise": {"relative_sigma": {"sweep": [0, 0.3]}, "draws": 2},
                     "few_under_noise": {"kind": "synaptic_noise", "relative_sigma": 0.2, "samples": 5,
                                         "split": "validation"},
                     "unit_deletion": {"deleted_share": {"sweep": [0, 0.5]}, "draws": 2},
                     "few_with_deletion": {"kind": "unit_deletion", "deleted_share": 0.2, "samples": 5,
                                           "split": "validation"},
                     "grey_image": {"epsilon": {"sweep": [0, 0.5]}},
                     "grey_in_l2": {"kind": "grey_image", "epsilon": 10, "norm": "l2", "samples": 5,
                                    "split": "validation"}}})")},
      {"every metric", changes(R"({"dataset": {"validation_samples": 20}, "metrics": {
         "validation": {}, "spectrum": {},
         "spectrum_of_few": {"kind": "spectrum", "split": "test", "samples": 8, "network": "initial", "fit_first": 2,
                             "fit_last": 10},
         "gradient_health": {"samples": 20},
         "health_in_training": {"kind": "gradient_health", "samples": 10, "split": "train"},
         "weights": {},
         "weights_at_first": {"kind": "weights", "network": "initial"},
         "kernel_regime": {"samples": 16},
         "regime_with_grams": {"kind": "kernel_regime", "split": "train", "samples": 12, "keep_grams": true},
         "kernel_regression": {"train_samples": 20, "samples": 10},
         "regression_under_pgd": {"kind": "kernel_regression", "train_samples": 20, "samples": 10,
                                         "attack": "pgd", "epsilon": 0.1, "steps": 3, "relative_step": 0.3}}})")},
      {"every metric of a cnn", cnn(R"({"metrics": {"spectrum": {}, "weights": {}, "kernel_regime": {"samples": 8},
                                                   "kernel_regression": {"train_samples": 10, "samples": 5}}})")},
  };
}

std::vector<Changes> of_datasets(const Scratch& scratch) {
  std::vector<Changes> all{
      {"gaussian along a Hadamard matrix",
       Json::parse(R"({"dataset": {"basis": "hadamard", "input_size": 16, "exponent": 0.5, "classes": 4,
                                   "data_seed": 3}})")},
      {"mnist1d",
       Json{{"dataset", {{"kind", "mnist1d"}, {"input_size", nullptr}, {"data_seed", 3}, {"validation_samples", 20}}}}},
  };
  for (const auto& [kind, section] : dataset_files::sections(scratch)) {
    Json dataset = {{"input_size", nullptr}};
    dataset.update(section);
    all.push_back({kind, Json{{"dataset", dataset}}});
  }
  return all;
}

}  // namespace

std::vector<Condition> conditions(const Scratch& scratch) {
  std::vector<Condition> all;
  for (const std::vector<Changes>& part :
       {of_training(), of_networks(), of_shapes(), of_infinite_width(), of_evaluations(), of_datasets(scratch)}) {
    for (const Changes& changes : part) {
      Json document = Json::parse(usual);
      document.merge_patch(changes.document);
      all.push_back({changes.name, study::parse_study(document.dump(), "device.json", catalog()), changes.tolerance});
    }
  }
  return all;
}

}  // namespace device_studies
