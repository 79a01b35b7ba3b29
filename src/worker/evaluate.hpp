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

/// Measures all lanes at once. If the numbers of one lane make that fail for all (models::numerical_failure), it
/// measures each lane alone. A number that is lost or infinite becomes NaN or is missing; `failure` has the reason.
std::vector<metrics::Measurement> measure_lanes(const Measure& measure, const wire::PackTask& task,
                                                const Networks& networks, const data::DeviceDataset& data);

/// Runs one attack or metric on all lanes. Returns a record per lane, without provenance. The record of a lane with
/// lost numbers has the status "diverged", the reason, and NaN for those numbers. Such a lane does not affect the
/// records of the others. Throws DataError on an unknown family.
std::vector<wire::Record> evaluate(const wire::TaskEvaluation& evaluation, const wire::PackTask& task,
                                   const Networks& networks, const data::DeviceDataset& data);

}  // namespace eigensweep::worker
