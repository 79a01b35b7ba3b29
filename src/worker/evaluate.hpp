// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/metrics/metric.hpp"
#include "eigensweep/wire/record.hpp"
#include "eigensweep/wire/task.hpp"
#include "networks.hpp"

namespace eigensweep::worker {

using Measure = std::function<std::vector<metrics::Measurement>(const metrics::Subject&)>;

/// Measures all lanes at once and, where some lane's numbers spoil that for all (models::numerical_failure), each by
/// itself, taken out of the pack. What is lost or infinite is NaN or missing, with the reason as `failure`.
std::vector<metrics::Measurement> measure_lanes(const Measure& measure, const wire::PackTask& task,
                                                const Networks& networks, const data::DeviceDataset& data);

/// Runs one attack or one metric on all lanes: a record per lane, without provenance. A lane whose numbers lost their
/// meaning has a record that says "diverged" and why, with NaN for what it lacks; the others' are what they are without
/// it.
std::vector<wire::Record> evaluate(const wire::TaskEvaluation& evaluation, const wire::PackTask& task,
                                   const Networks& networks, const data::DeviceDataset& data);

}  // namespace eigensweep::worker
