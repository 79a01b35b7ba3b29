// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/models/model.hpp"

namespace eigensweep::attacks {

/// One lane's results, one number per strength: the columns of every attack on a classifier.
struct Robustness {
  std::vector<double> robust_accuracy;
  std::vector<double> robust_loss;
};

/// Runs one attack on the first samples (the options "samples", 0 for all, and "split") for all lanes of `model`.
/// `seeds`: the lanes' trial seeds. `batch`: samples at a time, 0 chooses by memory; it changes nothing but the last
/// bits of the networks' products.
std::vector<Robustness> evaluate_robustness(const std::string& kind, const Json& options,
                                            const std::vector<double>& strengths, models::Model& model,
                                            const data::DeviceDataset& data, const std::vector<std::uint64_t>& seeds,
                                            std::int64_t batch = 0);

}  // namespace eigensweep::attacks
