// SPDX-License-Identifier: MIT
// On a device, too, the same training gives the same numbers whatever its worker has done before.
#include <catch2/catch.hpp>

#include "eigensweep/catalog.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "pretended/memory.hpp"
#include "runs.hpp"
#include "task_of_study.hpp"

using namespace eigensweep;

namespace {

/// Twelve steps of two lanes with a penalty on the Jacobian, which differentiates twice. `directions`: of the penalty.
wire::PackTask jacobian_task(int directions) {
  Json document = Json::parse(R"({
    "name": "gradients", "seed": {"sweep": [0, 1]},
    "dataset": {"kind": "gaussian", "input_size": 20, "train_samples": 200, "test_samples": 40},
    "model": {"width": 12, "depth": 2},
    "training": {"epochs": 3, "batch_size": 50},
    "regularizers": {"jacobian": {"strength": 0.1}}})");
  document["regularizers"]["jacobian"]["projections"] = directions;
  return task_of_study(study::parse_study(document.dump(), "gradients.json", catalog()));
}

}  // namespace

TEST_CASE("second derivatives do not depend on what the worker did before") {
  const device_runs::Run first = device_runs::run(jacobian_task(0), pretended::device);
  for (int times = 0; times < 3; ++times) device_runs::run(jacobian_task(1), pretended::device);
  device_runs::check_same(device_runs::run(jacobian_task(0), pretended::device).records, first.records);
}
