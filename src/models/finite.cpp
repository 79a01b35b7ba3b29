// SPDX-License-Identifier: MIT
#include "eigensweep/models/finite.hpp"

#include <algorithm>

namespace eigensweep::models {

std::vector<std::string> not_finite(Model& model) {
  const torch::NoGradGuard no_gradients;
  std::vector<std::string> reasons(static_cast<std::size_t>(model.lanes()));
  std::vector<const std::string*> names;
  std::vector<Tensor> rows;
  for (const auto* tensors : {&model.parameters(), &model.buffers()}) {
    for (const NamedTensor& named : *tensors) {
      names.push_back(&named.name);
      rows.push_back(named.tensor.reshape({model.lanes(), -1}).isfinite().all(1));
    }
  }
  if (rows.empty()) return reasons;
  const Tensor finite = torch::stack(rows).cpu();
  const auto is_finite = finite.accessor<bool, 2>();
  for (std::size_t lane = 0; lane < reasons.size(); ++lane) {
    for (std::size_t i = 0; i < names.size() && reasons[lane].empty(); ++i) {
      if (!is_finite[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(lane)]) {
        reasons[lane] = *names[i] + " is not finite";
      }
    }
  }
  return reasons;
}

void replace_lost(Model& model, const std::vector<std::string>& lost) {
  const torch::NoGradGuard no_gradients;
  const auto healthy = std::find(lost.begin(), lost.end(), "");
  if (healthy == lost.end()) return;
  for (const auto* tensors : {&model.parameters(), &model.buffers()}) {
    for (const NamedTensor& named : *tensors) {
      const Tensor source = named.tensor.detach()[healthy - lost.begin()];
      for (std::size_t lane = 0; lane < lost.size(); ++lane) {
        if (!lost[lane].empty()) named.tensor.detach()[static_cast<std::int64_t>(lane)].copy_(source);
      }
    }
  }
}

}  // namespace eigensweep::models
