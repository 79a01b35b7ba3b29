// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/results/write/results_file.hpp"

namespace eigensweep::results {

/// Where a study's numbers come from: `given`, and the hosts, devices, versions, datasets and times that its records
/// note.
Json gather_provenance(const study::Study& study, const RecordStore& store, const Json& given);

}  // namespace eigensweep::results
