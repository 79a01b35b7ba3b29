// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "small_study.hpp"

/// Legal labels that look like reserved words, like each other, or like names that are made from labels.
inline const std::vector<std::string>& odd_labels() {
  static const std::vector<std::string> labels{"attacks_x",
                                               "attacks_sigma",
                                               "attacks_metric",
                                               "attack",
                                               "attack_sigma",
                                               "epsilon",
                                               "sigma",
                                               "history_",
                                               "history_x",
                                               "history_loss",
                                               "trial",
                                               "trial-1",
                                               "trial_id",
                                               "a.b",
                                               "a",
                                               "b",
                                               "a_b",
                                               "-",
                                               "_",
                                               "...",
                                               "0",
                                               "status",
                                               "status_metric",
                                               "message",
                                               "layer",
                                               "epoch",
                                               "width",
                                               "width_axis",
                                               "seed",
                                               "snapshot",
                                               "train_",
                                               "case",
                                               "kind",
                                               "options",
                                               "name",
                                               "metrics",
                                               "robust_accuracy",
                                               "test_accuracy",
                                               "exponent",
                                               "comparable_to_inf"};
  return labels;
}

/// A study with two attacks of different intensities under two of these labels, and metrics under all three. Two
/// metrics are of one kind, so their columns have the same names.
inline std::string labelled_study(const std::string& one, const std::string& two, const std::string& three) {
  return fmt::format(
      R"({{"name": "labels", "seed": {{"sweep": [0, 1]}}, "model": {{"width": {{"sweep": [4, 6]}}, "depth": 2}},
    "training": {{"epochs": 3}},
    "attacks": {{"{0}": {{"kind": "fgsm", "epsilon": {{"sweep": [0, 0.1]}}}}, "{1}": {{"kind": "gaussian_noise", "sigma": 0.1}}}},
    "metrics": {{"{0}": {{"kind": "kernel_regression"}}, "{1}": {{"kind": "kernel_regression", "epsilon": 0.1}},
                 "{2}": {{"kind": "accuracy"}}, "spectrum": {{}}}}}})",
      one, two, three);
}
