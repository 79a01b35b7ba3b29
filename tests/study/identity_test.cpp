// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/core/hash.hpp"
#include "eigensweep/study/expand/identity.hpp"
#include "small_catalog.hpp"

using namespace eigensweep;
using namespace eigensweep::study;

namespace {

// One trial's id, from the part of a study after its name.
std::string id_of_study(const std::string& rest) {
  const Study study = parse("{\"name\": \"one\", " + rest + "}");
  REQUIRE(study.trials.size() == 1);
  return study.trials.front().id;
}

std::string evaluation_id_of(const std::string& attacks) {
  const Study study = parse(R"({"name": "one", "model": {"width": 64}, "metrics": {}, "attacks": )" + attacks + "}");
  return study.evaluations(study.trials.front()).front().id;
}

const std::string plain = R"("model": {"width": 64})";

}  // namespace

TEST_CASE("canonical text sorts keys and writes numbers shortest") {
  CHECK(canonical(Json::parse(R"({"b": 1.0, "a": [0.1, 1e-8, true, null, "x\"y"], "c": {}})")) ==
        R"({"a":[0.1,1e-08,true,null,"x\"y"],"b":1,"c":{}})");
}

TEST_CASE("a known configuration has the id that it always had") {
  const std::string text =
      R"({"dataset":{"kind":"mnist"},"model":{"kind":"mlp","width":64},"recipe_version":1,"regularizers":[],)"
      R"("seed":0,"training":{"optimizer":{"kind":"adam"},"schedule":{"kind":"constant"}}})";
  CHECK(id_of_study(plain) == hash::sha256(text).substr(0, 16));
  CHECK(id_of_study(plain) == "93bb3bb9c393ea38");
}

TEST_CASE("what training does not read does not change a trial's id") {
  const std::string id = id_of_study(plain);
  for (const char* same : {
           R"("model": {"width": 64.0})",
           R"("model": {"depth": 1, "width": 64, "kind": "mlp"})",
           R"("model": {"width": 64}, "training": {"batch_size": 512, "epochs": 20, "optimizer": {"beta1": 0.9}})",
           R"("seed": 0, "model": {"width": 64}, "description": "other words")",
           R"("model": {"width": 64}, "attacks": {"fgsm": {"epsilon": 0.1}}, "metrics": {})",
           R"("model": {"width": 64}, "output": {"models": false})",
           R"("model": {"width": 64}, "dataset": {"folder": "elsewhere"})",
           R"("model": {"width": 64}, "regularizers": {"spectral": {"strength": 0, "exponent": 3}})",
           R"("cases": [{"name": "a", "model": {"width": 64}}])",
       }) {
    INFO(same);
    CHECK(id_of_study(same) == id);
  }
}

TEST_CASE("whatever training reads changes a trial's id") {
  std::vector<std::string> ids{id_of_study(plain)};
  for (const char* other : {
           R"("model": {"width": 65})",
           R"("model": {"width": 64, "depth": 2})",
           R"("model": {"width": 64, "activation": "relu"})",
           R"("model": {"width": 64, "batch_norm": true})",
           R"("model": {"width": 64}, "seed": 1)",
           R"("model": {"width": 64}, "training": {"epochs": 21})",
           R"("model": {"width": 64}, "training": {"batch_size": 513})",
           R"("model": {"width": 64}, "training": {"batch_order": "shared"})",
           R"("model": {"width": 64}, "training": {"last_batch": "drop"})",
           R"("model": {"width": 64}, "training": {"loss": "mse"})",
           R"("model": {"width": 64}, "training": {"warmup_epochs": 1})",
           R"("model": {"width": 64}, "training": {"optimizer": {"amsgrad": true}})",
           R"("model": {"width": 64}, "training": {"optimizer": {"kind": "sgd"}})",
           R"("model": {"width": 64}, "training": {"schedule": {"kind": "cosine"}})",
           R"("model": {"width": 64}, "dataset": {"train_samples": 1000})",
           R"("model": {"width": 64}, "regularizers": {"spectral": {}})",
           R"("model": {"width": 64}, "regularizers": {"spectral": {"exponent": 2}})",
       }) {
    INFO(other);
    const std::string id = id_of_study(other);
    for (const std::string& earlier : ids) CHECK(id != earlier);
    ids.push_back(id);
  }
}

TEST_CASE("labels and order of penalties are no part of a trial's id") {
  const std::string one = R"("model": {"width": 64}, "regularizers": {"a": {"kind": "spectral"},
                             "b": {"kind": "spectral", "exponent": 2}})";
  const std::string other = R"("model": {"width": 64}, "regularizers": {"x": {"kind": "spectral", "exponent": 2},
                               "spectral": {}})";
  CHECK(id_of_study(one) == id_of_study(other));
}

TEST_CASE("a constraint is part of a trial's id, its label and an empty section are not") {
  const std::string plain = R"("model": {"width": 64})";
  const std::string bounded = R"("model": {"width": 64}, "constraints": {"max_norm": {"norm": 2}})";
  CHECK(id_of_study(plain + R"(, "constraints": {})") == id_of_study(plain));
  CHECK(id_of_study(bounded) != id_of_study(plain));
  CHECK(id_of_study(plain + R"(, "constraints": {"x": {"kind": "max_norm", "norm": 2}})") == id_of_study(bounded));
  CHECK(id_of_study(plain + R"(, "constraints": {"max_norm": {}})") != id_of_study(bounded));
}

TEST_CASE("an attack keeps its id when intensities are added or its label changes") {
  const std::string id = evaluation_id_of(R"({"pgd": {"epsilon": 0.1}})");
  CHECK(evaluation_id_of(R"({"pgd": {"epsilon": {"sweep": [0.2, 0.1]}}})") == id);
  CHECK(evaluation_id_of(R"({"strong": {"kind": "pgd", "epsilon": 0.1, "steps": 40}})") == id);
  CHECK(evaluation_id_of(R"({"pgd": {"epsilon": 0.1, "steps": 41}})") != id);
  CHECK(evaluation_id_of(R"({"fgsm": {"epsilon": 0.1}})") != id);
}
