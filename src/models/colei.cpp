// SPDX-License-Identifier: MIT
#include "colei.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "dann_layer.hpp"
#include "eigensweep/data/device_dataset.hpp"

namespace eigensweep::models {

using torch::Tensor;

Tensor ColeiInputs::signs() const {
  return torch::cat({torch::ones({excitatory}), -torch::ones({inhibitory})}).view({1, 1, -1});
}

double ColeiInputs::excitatory_size() const {
  const auto raising = static_cast<double>(excitatory), lowering = static_cast<double>(inhibitory);
  if (inhibitory == 0) return 1 / std::sqrt(raising);
  // A weight of mean size s times a rectified standard normal number has the variance s^2 (1 - 1 / (2 pi)).
  constexpr double of_product = (2 * std::numbers::pi - 1) / (2 * std::numbers::pi);
  return 1 / std::sqrt(of_product * (raising + raising * raising / lowering));
}

double ColeiInputs::inhibitory_size() const {
  return inhibitory == 0 ? 0 : static_cast<double>(excitatory) / static_cast<double>(inhibitory) * excitatory_size();
}

Tensor ColeiInputs::initial_weights(const std::vector<std::uint64_t>& seeds, std::uint64_t stream,
                                    std::int64_t units) const {
  const Tensor sizes = torch::cat({torch::full({excitatory}, excitatory_size(), torch::kFloat64),
                                   torch::full({inhibitory}, -inhibitory_size(), torch::kFloat64)});
  return exponential_weights(seeds, stream, 1, {units, excitatory + inhibitory}).mul_(sizes.to(torch::kFloat32));
}

double mean_input(const Tensor& images) {
  constexpr std::int64_t chunk = 4096;
  Tensor sum = torch::zeros({}, torch::TensorOptions(images.device()).dtype(torch::kFloat64));
  for (std::int64_t start = 0; start < images.size(0); start += chunk) {
    sum += data::to_inputs(images.slice(0, start, std::min(start + chunk, images.size(0)))).sum(torch::kFloat64);
  }
  return sum.item<double>() / static_cast<double>(images.numel());
}

}  // namespace eigensweep::models
