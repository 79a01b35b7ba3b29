// SPDX-License-Identifier: MIT
// What a step costs on a device: operations, waits and copies, counted. Each is the difference of two runs that differ
// in nothing but the number of steps, so that everything else cancels.
#include <catch2/catch.hpp>

#include "eigensweep/catalog.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/worker/run_pack.hpp"
#include "pretended/events.hpp"
#include "pretended/memory.hpp"
#include "task_of_study.hpp"

using namespace eigensweep;

namespace {

constexpr int samples = 400;
constexpr int usual_lanes = 8;

/// A pack of multilayer perceptrons of width 24 on 400 samples. `changes` is merged into the study.
Json study_of(const Json& changes, int lanes = usual_lanes) {
  Json document = Json::parse(R"({
    "name": "budget", "dataset": {"kind": "gaussian", "input_size": 20, "test_samples": 100},
    "model": {"width": 24},
    "training": {"epochs": 1, "batch_size": 100, "optimizer": {"kind": "adam", "amsgrad": true}},
    "metrics": {"accuracy": {}}})");
  document["dataset"]["train_samples"] = samples;
  document["seed"] = {{"sweep", {{"range", {0, lanes - 1, 1}}}}};
  document.merge_patch(changes);
  return document;
}

/// What the device does for the whole pack.
pretended::Counts counts_of(const Json& document) {
  const study::Study study = study::parse_study(document.dump(), "budget.json", catalog());
  const wire::PackTask task = task_of_study(study);
  worker::PackHooks hooks;
  hooks.record = [](const wire::Record& record) { CHECK(record.status == wire::Status::ok); };
  worker::Session session(pretended::device);
  const pretended::Counts before = pretended::counts();
  CHECK(worker::run_pack(task, session, hooks) == worker::Ending::finished);
  return pretended::counts() - before;
}

struct Cost {
  double operations, waits, uploads;
};

Cost difference(const Json& less, const Json& more, double times) {
  const pretended::Counts few = counts_of(less), many = counts_of(more);
  const auto each = [times](std::uint64_t one, std::uint64_t other) {
    return (static_cast<double>(other) - static_cast<double>(one)) / times;
  };
  return {each(few.operations, many.operations), each(few.waits, many.waits), each(few.uploads, many.uploads)};
}

/// Batches of 100 against batches of 50: four more steps, and as many refreshes of eigenvectors.
Cost of_step(const Json& condition) {
  Json more = condition;
  more["training"]["batch_size"] = 50;
  return difference(study_of(condition), study_of(more), 4);
}

/// One more epoch of four steps, less its steps.
Cost of_refresh(const Json& condition, int lanes) {
  Json more = condition;
  more["training"]["epochs"] = 2;
  const Cost epoch = difference(study_of(condition, lanes), study_of(more, lanes), 1);
  const Cost step = of_step(condition);
  return {epoch.operations - 4 * step.operations, epoch.waits - 4 * step.waits, epoch.uploads - 4 * step.uploads};
}

Cost of_pgd_step(const Json& model) {
  const auto with = [&](int steps) {
    return study_of({{"model", model}, {"attacks", {{"pgd", {{"epsilon", 0.1}, {"samples", 100}, {"steps", steps}}}}}});
  };
  return difference(with(10), with(20), 10);
}

constexpr const char* last_layer = R"({"regularizers": {"spectral": {"strength": 1, "cutoff": 5, "layers": "last"}}})";

}  // namespace

TEST_CASE("a training step has its budget of operations, and neither waits nor copies") {
  const auto [name, condition, operations] = GENERATE(table<std::string, std::string, double>({
      {"plain", R"({})", 24},
      {"plain, one batch for all", R"({"training": {"batch_order": "shared"}})", 24},
      {"plain, samples in bytes", R"({"dataset": {"kind": "mnist", "input_size": null}})", 25},
      {"spectral penalty on the last layer", last_layer, 47},
      {"spectral penalty on three layers",
       R"({"model": {"depth": 3}, "regularizers": {"spectral": {"strength": 1, "cutoff": 5, "layers": "all"}}})", 109},
      {"batch norm, three layers", R"({"model": {"depth": 3, "batch_norm": true}})", 44},
      {"dann, three layers",
       R"({"dataset": {"kind": "mnist", "input_size": null},
           "model": {"depth": 3, "layer": "dann", "activation": "relu"}})",
       171},
      {"rnn of 28 rows", R"({"dataset": {"kind": "mnist", "input_size": null}, "model": {"kind": "rnn"}})", 164},
      {"whitened, three layers", R"({"model": {"depth": 3, "whiten": 2}})", 88},
      {"jacobian", R"({"regularizers": {"jacobian": {"strength": 0.01, "projections": 1}}})", 177},
      {"adversary fgsm", R"({"training": {"adversary": "fgsm"}})", 44},
      {"adversary pgd", R"({"training": {"adversary": "pgd"}})", 262},
      {"cnn", R"({"dataset": {"kind": "mnist", "input_size": null}, "model": {"kind": "cnn", "width": 8}})", 38},
      {"products in bfloat16", R"({"training": {"compute": "bfloat16"}})", 44},
      {"cnn, one batch for all",
       R"({"dataset": {"kind": "mnist", "input_size": null}, "model": {"kind": "cnn", "width": 8},
           "training": {"batch_order": "shared"}})",
       38},
  }));
  INFO(name);
  const Cost step = of_step(Json::parse(condition));
  CHECK(step.operations <= operations);
  CHECK(step.waits == 0);
  CHECK(step.uploads == 0);
}

TEST_CASE("a refresh of eigenvectors has its budget") {
  const Cost eight = of_refresh(Json::parse(last_layer), 8), sixteen = of_refresh(Json::parse(last_layer), 16);
  CHECK(eight.operations <= 68);
  CHECK(sixteen.operations <= 70);
  // One for the eigenvectors of the whole pack, and one for the sums of the epoch before.
  CHECK(eight.waits <= 2);
  CHECK(sixteen.waits <= 2);
}

TEST_CASE("a step of PGD has its budget, and neither waits nor copies") {
  const auto [name, model, operations] = GENERATE(table<std::string, std::string, double>({
      {"plain", R"({})", 14},
      {"batch norm", R"({"batch_norm": true})", 16},
  }));
  INFO(name);
  const Cost step = of_pgd_step(Json::parse(model));
  CHECK(step.operations <= operations);
  CHECK(step.waits == 0);
  CHECK(step.uploads == 0);
}
