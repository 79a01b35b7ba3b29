// SPDX-License-Identifier: MIT
#include "toy_study.hpp"

#include "eigensweep/catalog.hpp"

using namespace eigensweep;
using study::Family;

const std::vector<Toy>& toys() {
  static const std::vector<Toy> all{
      {Family::procedure, "logistic_map"}, {Family::dataset, "checkerboard"},    {Family::model, "linear"},
      {Family::optimizer, "sign_descent"}, {Family::schedule, "halved"},         {Family::attack, "darkness"},
      {Family::metric, "mean_logit"},      {Family::regularizer, "weight_norm"}, {Family::constraint, "non_negative"},
  };
  return all;
}

const study::Study& toy_study() {
  static const study::Study study = study::parse_study(R"({
    "name": "toys",
    "seed": {"sweep": [0, 1]},
    "dataset": {"kind": "checkerboard", "train_samples": 24, "test_samples": 12, "squares": 2},
    "model": {"kind": "linear", "width": {"sweep": [3, 5]}},
    "training": {"epochs": 3, "batch_size": 8, "optimizer": {"kind": "sign_descent", "learning_rate": 0.01},
                 "schedule": {"kind": "halved", "times": 2}},
    "regularizers": {"weight_norm": {"strength": {"sweep": [0, 0.1]}, "biases": true}},
    "constraints": {"non_negative": {}},
    "attacks": {"darkness": {"epsilon": {"sweep": [0, 0.25]}, "samples": 0}},
    "metrics": {"mean_logit": {}}})",
                                                       "toys.json", catalog());
  return study;
}

std::vector<study::Pack> toy_packs() {
  return study::form_packs(toy_study(), catalog(), study::Done(), study::PackLimits());
}
