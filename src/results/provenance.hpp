// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/results/results_file.hpp"

namespace eigensweep::results {

/// Where a study's numbers come from: `given`, and what its records say of hosts, devices, versions, datasets and time.
Json gather_provenance(const study::Study& study, const RecordStore& store, const Json& given);

}  // namespace eigensweep::results
