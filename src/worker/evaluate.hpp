// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/snapshot.hpp"
#include "eigensweep/wire/record.hpp"
#include "eigensweep/wire/task.hpp"

namespace eigensweep::worker {

/// Runs one attack or one metric on all lanes: a record per lane, without provenance.
std::vector<wire::Record> evaluate(const wire::TaskEvaluation& evaluation, const wire::Task& task, models::Model& model,
                                   const data::DeviceDataset& data, const std::vector<models::Snapshot>& snapshots);

}  // namespace eigensweep::worker
