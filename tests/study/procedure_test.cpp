// SPDX-License-Identifier: MIT
// Studies whose procedure reads none of the sections of a training.
#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/hash.hpp"
#include "eigensweep/study/declare/by_hand.hpp"
#include "eigensweep/study/declare/describe.hpp"
#include "eigensweep/study/declare/procedure.hpp"
#include "eigensweep/study/expand/identity.hpp"
#include "eigensweep/study/plan/pack.hpp"
#include "small_catalog.hpp"

using namespace eigensweep;
using namespace eigensweep::study;

namespace {

// The usual kinds, and a simulation of `units` units with a gain for each lane.
const Catalog& with_simulation() {
  static const Catalog all = [] {
    Catalog made = small_catalog();
    Kind kind;
    kind.family = Family::procedure;
    kind.name = "simulation";
    kind.meaning = "a simulation";
    kind.options.integer("units", 10, {1, 1e6}, "how many").number("gain", 1.0, {0, 10}, "factor").per_lane();
    kind.columns = {{"rate", {"time"}, "f64", "", "rate"}};
    kind.procedure.group = "simulation";
    kind.work = [](const Json& options, const WorkContext&) { return 1e9 * options.at("units").get<double>(); };
    kind.bytes = [](const Json& options, const WorkContext&) { return 100 * options.at("units").get<double>(); };
    kind.refuse = [](const Json& options, const Json& config) -> std::string {
      CHECK(config.at("procedure").at("units") == options.at("units"));
      return options.at("units") == 13 ? "13 units never settle" : "";
    };
    made.add(std::move(kind));
    return made;
  }();
  return all;
}

Study simulated(const std::string& rest) {
  return parse_study("{\"name\": \"a\", " + rest + "}", "s.json", with_simulation());
}

const std::string simulations =
    R"("procedure": {"kind": "simulation", "units": {"sweep": [5, 20]}, "gain": {"sweep": [1, 2, 3]}},
       "seed": {"sweep": [0, 1]})";

}  // namespace

TEST_CASE("a simulation's trials are its options and the seed, and nothing is evaluated") {
  const Study study = simulated(simulations);
  REQUIRE(study.trials.size() == 12);
  CHECK(study.points() == 12);
  CHECK(study.config(study.trials.front()) ==
        Json::parse(R"({"procedure": {"kind": "simulation", "units": 5, "gain": 1.0}, "seed": 0})"));
  CHECK(study.procedure(study.trials.front()) == "simulation");
  CHECK(study.evaluations(study.trials.front()).empty());
  CHECK(study.axes.front().name == "units");
  for (const Trial& trial : study.trials) {
    CHECK(trial.id == id_of(trial_identity(study.config(trial), with_simulation())));
  }
  const std::string text = R"({"procedure":{"kind":"simulation","units":5},"recipe_version":1,"seed":0})";
  CHECK(study.trials.front().id == hash::sha256(text).substr(0, 16));
}

TEST_CASE("lanes of a simulation differ in what is declared per lane, and its own cost decides the packs") {
  const Study study = simulated(simulations);
  const std::vector<Pack> packs = form_packs(study, with_simulation(), Done(), PackLimits());
  double flops = 0;
  for (const Pack& pack : packs) {
    flops += pack.flops;
    const Json first = study.config(study.trials[pack.lanes.front().trial]).at("procedure");
    CHECK(pack.bytes == 100 * first.at("units").get<double>() * static_cast<double>(pack.lanes.size()));
    for (const Lane& lane : pack.lanes) {
      CHECK(study.config(study.trials[lane.trial]).at("procedure").at("units") == first.at("units"));
    }
  }
  CHECK(flops == 6 * 1e9 * (5 + 20));
}

TEST_CASE("a resolved study of a simulation is a study of the same trials") {
  const Study study = simulated(simulations);
  const Study again = parse_study(study.resolved().dump(), "s.json", with_simulation());
  REQUIRE(again.trials.size() == study.trials.size());
  for (std::size_t i = 0; i < study.trials.size(); ++i) CHECK(again.trials[i].id == study.trials[i].id);
  CHECK(again.resolved() == study.resolved());
}

TEST_CASE("a case may simulate where another trains") {
  const Study study = simulated(R"("metrics": {}, "cases": [{"name": "trained", "model": {"width": 8}},
      {"name": "simulated", "procedure": {"kind": "simulation"}, "metrics": null}])");
  REQUIRE(study.trials.size() == 2);
  CHECK(study.procedure(study.trials[0]) == "train");
  CHECK_FALSE(study.config(study.trials[0]).contains("procedure"));
  CHECK(study.procedure(study.trials[1]) == "simulation");
  CHECK(study.dataset_sections().size() == 2);
  CHECK(study.dataset_sections()[study.dataset_section(study.trials[1])].is_null());
}

TEST_CASE("train is what a study does that names no procedure") {
  const Study usual = simulated(R"("model": {"width": 8})");
  const Study named = simulated(R"("model": {"width": 8}, "procedure": {"kind": "train"})");
  CHECK(named.trials.front().id == usual.trials.front().id);
  CHECK(named.resolved() == usual.resolved());
}

TEST_CASE("procedures name the way to the networks of a configuration") {
  const Catalog& catalog = with_simulation();
  const auto procedure = [&](const char* chosen) {
    return procedure_of(catalog, resolved_config(catalog, Json::parse(chosen))).name;
  };
  CHECK(procedure(R"({"model": {"kind": "mlp", "width": 8}})") == "train");
  CHECK(procedure(R"({"model": {"kind": "mlp", "width": "inf"}})") == "closed_form");
  CHECK(procedure(R"({"procedure": {"kind": "simulation"}})") == "simulation");
}

TEST_CASE("what a procedure does not read is refused, as is one that is none") {
  const struct {
    const char* text;
    const char* message;
  } wrong[] = {
      {R"("procedure": {"kind": "simulation"}, "model": {"width": 8})",
       "s.json:/model: the procedure 'simulation' does not read 'model' (its trials depend on no such section); leave "
       "it out"},
      {R"("procedure": {"kind": "simulation"}, "attacks": {"fgsm": {"epsilon": 0.1}})",
       "s.json:/attacks: the procedure 'simulation' does not read 'attacks' (it gives no networks to run them on); "
       "leave it out"},
      {R"("procedure": {"kind": "simulatoin"})",
       "s.json:/procedure/kind: unknown procedure 'simulatoin'; did you mean 'simulation'?"},
      {R"("procedure": {"kind": "closed_form"}, "model": {"width": "inf"})",
       "s.json:/procedure: 'closed_form' is no procedure of a study (the engine chooses it); leave it out"},
      {R"("procedure": "simulation")", "s.json:/procedure: 'simulation' stands where an object belongs"},
      {R"("procedure": {"kind": "simulation", "units": 13})", "s.json:/procedure: 13 units never settle"},
      {R"("procedure": {"kind": "simulation", "unit": 13})",
       "s.json:/procedure/unit: unknown key; did you mean 'units'?"},
  };
  for (const auto& [text, message] : wrong) {
    INFO(text);
    CHECK_THROWS_WITH(simulated(text), message);
  }
}

TEST_CASE("describe and the schema have the procedures that a study may name") {
  CHECK(describe(with_simulation(), "procedure").find("simulation") != std::string::npos);
  CHECK(describe(with_simulation(), "procedure").find("closed_form") == std::string::npos);
  CHECK(describe(with_simulation(), "simulation").find("units") != std::string::npos);
  const Json definitions = schema(with_simulation()).at("$defs");
  CHECK(definitions.contains("procedure.simulation"));
  CHECK_FALSE(definitions.contains("procedure.load"));
}

TEST_CASE("a procedure has a group of the results file for itself") {
  Catalog catalog = with_simulation();
  Kind other;
  other.family = Family::procedure;
  other.name = "other";
  other.columns = {{"rate", {}, "f64", "", "rate"}};
  CHECK_THROWS_AS(catalog.add(other), ContractViolation);
  other.procedure.group = "simulation";
  CHECK_THROWS_AS(catalog.add(other), ContractViolation);
  other.procedure.group = "other";
  CHECK_NOTHROW(catalog.add(other));
}

TEST_CASE("a simulation takes as long beside a GPU as on a core alone, whatever products a second either has") {
  const Study study = simulated(simulations);
  PackLimits core, gpu;
  gpu.device = stated_gpu;
  // 12 networks of 5 and 20 units, six of each.
  const double seconds = 1e9 * 6 * (5 + 20) / cpu_core.flops_per_second;
  CHECK(plan(study, with_simulation(), {}, core, 5e10).at("seconds") == Approx(seconds));
  CHECK(plan(study, with_simulation(), {}, core, 1.5e11).at("seconds") == Approx(seconds));
  CHECK(plan(study, with_simulation(), {}, gpu, stated_gpu.flops_per_second).at("seconds") == Approx(seconds));
  core.cpu_rate = 1e11;
  CHECK(plan(study, with_simulation(), {}, core, 5e10).at("seconds") == Approx(seconds / 2));
}
