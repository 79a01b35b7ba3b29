// SPDX-License-Identifier: MIT
// Kinds that declare no memory: the plan counts at least what our own kinds hold.
#include <catch2/catch.hpp>

#include "eigensweep/study/plan/pack.hpp"
#include "small_catalog.hpp"

using namespace eigensweep;
using namespace eigensweep::study;

namespace {

Catalog without_memory(Family family) {
  Catalog changed;
  for (Kind kind : small_catalog().all()) {
    if (kind.family == family) {
      kind.bytes = nullptr;
      kind.step_bytes = nullptr;
      kind.pass = nullptr;
    }
    if (kind.family == family && family == Family::model) {
      kind.shape = [shape = kind.shape](const Json& options, const DatasetInfo& dataset) {
        ModelShape known = shape(options, dataset);
        known.gradients = known.forward_numbers = 0;
        return known;
      };
    }
    changed.add(std::move(kind));
  }
  return changed;
}

double bytes(const Catalog& catalog, const char* rest, int depth = 3) {
  const std::string model = fmt::format(R"({{"name": "a", "model": {{"width": 100, "depth": {}}}, )", depth);
  const Study study = parse(model + rest + "}");
  return study::plan(study, catalog, {}, {}, 1e9).at("bytes_of_largest_pack").get<double>();
}

}  // namespace

TEST_CASE("a kind that declares no memory counts as much as one that does") {
  const auto [family, rest] = GENERATE(table<Family, const char*>({
      {Family::optimizer, R"("metrics": {})"},
      {Family::optimizer, R"("metrics": {}, "training": {"optimizer": {"kind": "sgd"}})"},
      {Family::regularizer, R"("metrics": {}, "regularizers": {"jacobian": {}}, "training": {"batch_size": 5000})"},
      {Family::regularizer,
       R"("metrics": {}, "regularizers": {"jacobian": {"projections": 0}}, "training": {"batch_size": 5000})"},
      {Family::regularizer, R"("metrics": {}, "regularizers": {"spectral": {"layers": "all"}})"},
      {Family::model, R"("metrics": {}, "training": {"batch_size": 20000})"},
      {Family::attack, R"("metrics": {}, "attacks": {"fgsm": {"epsilon": 0.1}})"},
      {Family::attack, R"("metrics": {}, "attacks": {"pgd": {"epsilon": 0.1}})"},
      {Family::attack, R"("metrics": {}, "attacks": {"gaussian_noise": {"sigma": 0.1}})"},
      {Family::metric, R"("metrics": {"accuracy": {}})"},
      {Family::metric, R"("metrics": {"spectrum": {}})"},
      {Family::model, R"("metrics": {"accuracy": {}})"},
  }));
  INFO(rest);
  for (const int depth : {1, 3}) {
    CHECK(bytes(without_memory(family), rest, depth) >= bytes(small_catalog(), rest, depth));
  }
}

TEST_CASE("an optimiser, a penalty and an attack that declare no memory are not free") {
  const char* const sgd = R"("metrics": {}, "training": {"batch_size": 16, "optimizer": {"kind": "sgd"}})";
  const double weights = 784 * 100 + 2 * 100 * 100 + 100 * 10;
  CHECK(bytes(without_memory(Family::optimizer), sgd) > bytes(small_catalog(), sgd) + 3 * 4 * weights);
  const char* const jacobian = R"("metrics": {}, "regularizers": {"jacobian": {}}, "training": {"batch_size": 5000})";
  const char* const none = R"("metrics": {}, "training": {"batch_size": 5000})";
  CHECK(bytes(without_memory(Family::regularizer), jacobian) > 1.2 * bytes(small_catalog(), none));
  const char* const attack = R"("metrics": {}, "attacks": {"fgsm": {"epsilon": 0.1}}, "training": {"batch_size": 16})";
  CHECK(bytes(without_memory(Family::attack), attack) > 1.2 * bytes(small_catalog(), R"("metrics": {})"));
}
