// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <set>

#include "small_catalog.hpp"

using namespace eigensweep;
using namespace eigensweep::study;

namespace {

const char* const grid = R"({
  "name": "grid",
  "seed": {"sweep": [0, 1]},
  "model": {"width": {"sweep": [64, 128, 256]}, "depth": {"sweep": {"range": [1, 5, 2]}}},
  "regularizers": {"spectral": {"strength": {"sweep": [0, 0.3, 1]}, "exponent": {"sweep": [1, 2]}}},
  "attacks": {
    "fgsm": {"epsilon": {"sweep": {"linspace": [0, 0.3, 4]}}},
    "pgd": {"epsilon": {"sweep": [0.1, 0.05]}, "steps": {"sweep": [10, 40]}}
  }
})";

std::vector<std::string> names_of(const Study& study) {
  std::vector<std::string> names;
  for (const Axis& axis : study.axes) names.push_back(axis.name);
  return names;
}

Json coordinate(const Study& study, std::size_t cell, const std::string& axis) {
  for (std::size_t i = 0; i < study.axes.size(); ++i) {
    if (study.axes[i].name == axis) return study.coordinate(study.cells[cell], i);
  }
  return "no such axis";
}

std::vector<Json> values_of(const Study& study, const std::string& axis) {
  for (const Axis& found : study.axes) {
    if (found.name == axis) return found.values;
  }
  return {};
}

}  // namespace

TEST_CASE("sweeps multiply, and cells that ask for the same training share a trial") {
  const Study study = parse(grid);
  CHECK(study.cells.size() == 2 * 3 * 3 * 3 * 2);
  // Without a penalty its exponent is not read: 2 seeds x 3 widths x 3 depths x (1 + 2 strengths x 2 exponents).
  CHECK(study.trials.size() == 2 * 3 * 3 * (1 + 2 * 2));
  // FGSM at 4 intensities, PGD in 2 variants at 2.
  CHECK(study.points() == study.cells.size() * (4 + 2 * 2));
  std::set<std::string> ids;
  for (const Trial& trial : study.trials) ids.insert(trial.id);
  CHECK(ids.size() == study.trials.size());
}

TEST_CASE("axes stand in the order of the file, training before evaluation, the first slowest") {
  const Study study = parse(grid);
  CHECK(names_of(study) == std::vector<std::string>{"seed", "width", "depth", "strength", "exponent", "fgsm_epsilon",
                                                    "pgd_epsilon", "steps"});
  CHECK(study.axes[0].role == Role::replicate);
  CHECK(study.axes[1].role == Role::training);
  CHECK(study.axes[5].role == Role::evaluation);
  CHECK(study.axes[2].values == std::vector<Json>{1, 3, 5});
  CHECK(coordinate(study, 0, "seed") == 0);
  CHECK(coordinate(study, 1, "exponent") == 2);
  CHECK(coordinate(study, 1, "seed") == 0);
  CHECK(coordinate(study, study.cells.size() - 1, "seed") == 1);
  CHECK(study.cells[0].trial == study.cells[1].trial);
}

TEST_CASE("an attack's intensities are one sorted list and its other sweeps are variants") {
  const Study study = parse(grid);
  const std::vector<Evaluation>& evaluations = study.evaluations(study.trials.front());
  REQUIRE(evaluations.size() == 3 + 2);
  CHECK(evaluations[0].label == "fgsm");
  CHECK(evaluations[0].intensity_name == "epsilon");
  CHECK(evaluations[0].intensities == std::vector<double>{0, 0.1, 0.2, 0.3});
  CHECK_FALSE(evaluations[0].options.contains("epsilon"));
  CHECK(evaluations[1].label == "pgd[steps=10]");
  CHECK(evaluations[2].label == "pgd[steps=40]");
  CHECK(evaluations[2].intensities == std::vector<double>{0.05, 0.1});
  CHECK(evaluations[3].label == "accuracy");
  CHECK(evaluations[4].label == "spectrum");
  CHECK(evaluations[4].family == Family::metric);
}

TEST_CASE("a configuration holds every option, and no penalty that is switched off") {
  const Study study = parse(grid);
  const Json& off = study.config(study.trials.front());
  CHECK(off.at("regularizers").empty());
  CHECK(off.at("model") == Json{{"kind", "mlp"},
                                {"width", 64},
                                {"depth", 1},
                                {"activation", "tanh"},
                                {"batch_norm", false},
                                {"parametrisation", "standard"},
                                {"weight_variance", 0.0},
                                {"bias_variance", 0.0},
                                {"base_width", 64},
                                {"output_scale", 1.0},
                                {"centre_output", false},
                                {"precision", "float32"},
                                {"normalise", "none"},
                                {"whiten", 0},
                                {"whiten_about", "mean"},
                                {"layer", "dense"},
                                {"ei_ratio", 10.0},
                                {"inhibitory_units", 0}});
  CHECK(off.at("training").at("optimizer").at("kind") == "adam");
  CHECK(off.at("training").at("batch_size") == 512);
  const Json& on = study.config(study.trials.at(1));
  CHECK(on.at("regularizers").at("spectral").at("strength") == 0.3);
  CHECK(on.at("regularizers").at("spectral").at("cutoff") == 10);
}

TEST_CASE("cases are an axis of their own, before all others") {
  const Study study = parse(R"({
    "name": "cases", "model": {"width": 64}, "seed": {"sweep": [0, 1, 2]},
    "regularizers": {"spectral": {"strength": 1}},
    "cases": [
      {"name": "vanilla", "regularizers": {"spectral": null}},
      {"name": "spectral", "regularizers": {"spectral": {"strength": {"sweep": [1, 2]}}}},
      {"name": "sgd", "training": {"optimizer": {"kind": "sgd", "momentum": 0.9}}}
    ]
  })");
  CHECK(names_of(study) == std::vector<std::string>{"case", "seed", "strength"});
  CHECK(study.cells.size() == 3 + 6 + 3);
  CHECK(study.trials.size() == study.cells.size());
  CHECK(coordinate(study, 0, "case") == "vanilla");
  CHECK(coordinate(study, 0, "strength").is_null());
  CHECK(coordinate(study, 3, "case") == "spectral");
  CHECK(coordinate(study, 3, "strength") == 1);
  CHECK(coordinate(study, 4, "strength") == 2);
  CHECK(coordinate(study, 9, "strength") == 1);
  CHECK(study.config(study.trials.at(9)).at("training").at("optimizer").at("momentum") == 0.9);
  CHECK_FALSE(study.config(study.trials.at(9)).at("training").at("optimizer").contains("amsgrad"));
}

TEST_CASE("cells of two cases that train the same share a trial and its evaluations") {
  const Study study = parse(R"({
    "name": "shared", "model": {"width": 64}, "metrics": {},
    "cases": [
      {"name": "one", "attacks": {"fgsm": {"epsilon": {"sweep": [0.1, 0.2]}}}},
      {"name": "two", "attacks": {"fgsm": {"epsilon": {"sweep": [0.2, 0.3]}}, "pgd": {"epsilon": 0.1}}}
    ]
  })");
  CHECK(study.cells.size() == 2);
  REQUIRE(study.trials.size() == 1);
  const std::vector<Evaluation>& evaluations = study.evaluations(study.trials.front());
  REQUIRE(evaluations.size() == 2);
  CHECK(evaluations[0].intensities == std::vector<double>{0.1, 0.2, 0.3});
  CHECK(study.points() == 2 * 4);
}

TEST_CASE("an option fixed in one case and swept in another has all its values on the axis") {
  const Study study = parse(R"({
    "name": "mixed",
    "cases": [
      {"name": "narrow", "model": {"width": 32}},
      {"name": "wide", "model": {"width": {"sweep": [256, 512]}}}
    ]
  })");
  CHECK(values_of(study, "width") == std::vector<Json>{256, 512, 32});
  CHECK(coordinate(study, 0, "width") == 32);
}

TEST_CASE("a zipped option may have a value again, as a random search does") {
  const Study study = parse(R"({"name": "a", "metrics": {}, "model": {"width": {"sweep": [64, 32, 64]},
    "depth": {"sweep": [1, 1, 2]}}, "zip": [["/model/width", "/model/depth"]]})");
  REQUIRE(study.trials.size() == 3);
  REQUIRE(study.axes.size() == 2);
  CHECK(study.axes[0].values == std::vector<Json>{64, 32});
  CHECK(study.axes[1].values == std::vector<Json>{1, 2});
}

TEST_CASE("zipped options advance together") {
  const Study study = parse(R"({
    "name": "zip", "seed": {"sweep": [0, 1]},
    "model": {"width": {"sweep": [64, 128, 256]}},
    "training": {"batch_size": {"sweep": [100, 200, 400]}},
    "attacks": {"pgd": {"epsilon": 0.1, "steps": {"sweep": [5, 10]}, "relative_step": {"sweep": [0.4, 0.2]}}},
    "zip": [["/model/width", "/training/batch_size"], ["/attacks/pgd/steps", "/attacks/pgd/relative_step"]]
  })");
  CHECK(study.cells.size() == 2 * 3);
  for (std::size_t cell = 0; cell < study.cells.size(); ++cell) {
    const std::vector<int> batch{100, 200, 400};
    CHECK(coordinate(study, cell, "batch_size") == batch[cell % 3]);
  }
  const std::vector<Evaluation>& evaluations = study.evaluations(study.trials.front());
  REQUIRE(evaluations.size() == 2 + 2);
  CHECK(evaluations[0].label == "pgd[steps=5,relative_step=0.4]");
  CHECK(evaluations[1].label == "pgd[steps=10,relative_step=0.2]");
}

TEST_CASE("exclude removes the cells that match all of its leaves") {
  const Study study = parse(R"({
    "name": "exclude", "seed": {"sweep": [0, 1]},
    "model": {"width": {"sweep": [64, 128, 256]}, "depth": {"sweep": [1, 2]}},
    "exclude": [{"model": {"width": [128, 256], "depth": 2}}, {"seed": 1, "model": {"width": 64}}, {"seed": 7}]
  })");
  CHECK(study.cells.size() == 12 - 4 - 2);
  CHECK(study.warnings == std::vector<std::string>{"/exclude/2: no cell matches, so nothing is excluded"});
  for (std::size_t cell = 0; cell < study.cells.size(); ++cell) {
    CHECK_FALSE((coordinate(study, cell, "width") != 64 && coordinate(study, cell, "depth") == 2));
  }
}

TEST_CASE("exclude knows cases by their name") {
  const Study study = parse(R"({
    "name": "exclude", "model": {"width": {"sweep": [64, 128]}},
    "cases": [{"name": "a"}, {"name": "b", "model": {"depth": 2}}],
    "exclude": [{"case": "a", "model": {"width": 128}}]
  })");
  CHECK(study.cells.size() == 3);
}

TEST_CASE("generated sweeps give the values a user would have typed") {
  const Study study = parse(R"({
    "name": "sweeps", "model": {"width": {"sweep": {"logspace": [16, 256, 5]}}},
    "training": {"optimizer": {"learning_rate": {"sweep": {"logspace": [1e-4, 1e-1, 4]}}}},
    "regularizers": {"spectral": {"cutoff": 2, "exponent": {"sweep": {"range": [0.1, 0.5, 0.1]}},
                                  "strength": {"sweep": {"linspace": [0.1, 0.3, 3]}}}}
  })");
  CHECK(values_of(study, "width") == std::vector<Json>{16, 32, 64, 128, 256});
  CHECK(values_of(study, "learning_rate") == std::vector<Json>{1e-4, 1e-3, 1e-2, 1e-1});
  CHECK(values_of(study, "exponent") == std::vector<Json>{0.1, 0.2, 0.3, 0.4, 0.5});
  CHECK(values_of(study, "strength") == std::vector<Json>{0.1, 0.2, 0.3});
}

TEST_CASE("generated sweeps that pass 0, or come near it, have that number and no rounding of larger ones") {
  const Study down = parse(R"({"name": "down", "model": {"width": 64},
    "regularizers": {"spectral": {"strength": {"sweep": {"range": [0.9, 0, -0.3]}}}}})");
  CHECK(values_of(down, "strength") == std::vector<Json>{0.9, 0.6, 0.3, 0.0});
  const Study across = parse(R"({"name": "across", "procedure": {"kind": "balanced_network", "populations": "pools",
    "drive_difference": {"sweep": {"linspace": [-0.02, 0.04, 7]}}}})");
  CHECK(values_of(across, "drive_difference") == std::vector<Json>{-0.02, -0.01, 0.0, 0.01, 0.02, 0.03, 0.04});
  const Study near = parse(R"({"name": "near", "model": {"width": 64},
    "regularizers": {"spectral": {"strength": {"sweep": {"range": [100, 0.001, -99.999]}}}}})");
  CHECK(values_of(near, "strength") == std::vector<Json>{100, 0.001});
  // What is no short number keeps its fifteen digits, and with them the trials of older studies their identity.
  const Study thirds = parse(R"({"name": "thirds", "model": {"width": 64},
    "regularizers": {"spectral": {"strength": {"sweep": {"linspace": [0, 1, 4]}}}}})");
  CHECK(values_of(thirds, "strength") == std::vector<Json>{0.0, 0.333333333333333, 0.666666666666667, 1.0});
}

TEST_CASE("a training axis never takes the name of an attack's intensity or of another axis") {
  const Study study = parse(R"({
    "name": "names", "model": {"width": 64},
    "training": {"optimizer": {"epsilon": {"sweep": [1e-8, 1e-6]}}},
    "regularizers": {"a": {"kind": "spectral", "strength": {"sweep": [1, 2]}},
                     "b": {"kind": "spectral", "exponent": 2, "strength": {"sweep": [1, 2]}}}
  })");
  CHECK(names_of(study) == std::vector<std::string>{"optimizer_epsilon", "a_strength", "b_strength"});
}

TEST_CASE("the study written back with its defaults is the same study") {
  for (const char* text : {grid, R"({"name": "c", "model": {"width": 64}, "metrics": {},
      "cases": [{"name": "x", "seed": {"sweep": [0, 1]}}, {"name": "y", "training": {"epochs": 3}}],
      "exclude": [{"case": "x", "seed": 1}]})"}) {
    const Study study = parse(text);
    const Study again = parse(study.resolved().dump());
    REQUIRE(again.cells.size() == study.cells.size());
    CHECK(again.points() == study.points());
    for (std::size_t i = 0; i < study.trials.size(); ++i) CHECK(again.trials[i].id == study.trials[i].id);
    CHECK(again.resolved() == study.resolved());
  }
}
