// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/attacks/attack.hpp"
#include "eigensweep/core/json.hpp"
#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/wire/measurement.hpp"

namespace eigensweep::attacks {

/// Runs one attack on the first samples (the options "samples", 0 for all, and "split") for all lanes of `model`: the
/// columns that every attack declares, one Measurement per lane. `seeds`: the lanes' trial seeds. `batch`: samples at a
/// time, 0 chooses by memory; it changes nothing but the last bits of the networks' products. A lane with a logit or
/// gradient that is not finite gets NaN at that intensity, or at all intensities if a logit of the unperturbed samples
/// is not finite. The other lanes' numbers do not change.
std::vector<wire::Measurement> evaluate_robustness(const std::string& kind, const Json& options,
                                                   const std::vector<double>& intensities, models::Model& model,
                                                   const data::DeviceDataset& data,
                                                   const std::vector<std::uint64_t>& seeds, std::int64_t batch = 0);

/// The same by an attack that is there already, on the first `samples` of `split`, 0 for all.
std::vector<wire::Measurement> evaluate_robustness(Attack& attack, const std::string& split, std::int64_t samples,
                                                   const std::vector<double>& intensities, models::Model& model,
                                                   const data::DeviceDataset& data,
                                                   const std::vector<std::uint64_t>& seeds, std::int64_t batch = 0);

}  // namespace eigensweep::attacks
