// SPDX-License-Identifier: MIT
#include "eigensweep/models/model.hpp"

#include "eigensweep/core/error.hpp"

namespace eigensweep::models {

#define EIGENSWEEP_KIND(name)                                                                \
  std::unique_ptr<Model> make_##name(const Json& options, const study::DatasetInfo& dataset, \
                                     const std::vector<std::uint64_t>& seeds, const torch::Device& device);
#include "models.def"
#undef EIGENSWEEP_KIND

Inputs Inputs::unshared() const {
  std::vector<Tensor> copies;
  for (std::size_t group = 0; group < lanes.size(); ++group) {
    copies.insert(copies.end(), static_cast<std::size_t>(lanes[group]), x[static_cast<std::int64_t>(group)]);
  }
  return per_lane(torch::stack(copies));
}

std::unique_ptr<Model> make_model(const Json& options, const study::DatasetInfo& dataset,
                                  const std::vector<std::uint64_t>& seeds, const torch::Device& device) {
  const auto kind = options.at("kind").get<std::string>();
#define EIGENSWEEP_KIND(name) \
  if (kind == #name) return make_##name(options, dataset, seeds, device);
#include "models.def"
#undef EIGENSWEEP_KIND
  throw ContractViolation("no model named '" + kind + "'");
}

}  // namespace eigensweep::models
