// SPDX-License-Identifier: MIT
#include "eigensweep/regularizers/regularizer.hpp"

#include "eigensweep/core/error.hpp"

namespace eigensweep::regularizers {

#define EIGENSWEEP_KIND(name) \
  std::unique_ptr<Regularizer> make_##name(const std::vector<Json>& options, const std::vector<std::uint64_t>& seeds);
#include "regularizers.def"
#undef EIGENSWEEP_KIND

std::unique_ptr<Regularizer> make_regularizer(const std::vector<Json>& options,
                                              const std::vector<std::uint64_t>& seeds) {
  const auto kind = options.front().at("kind").get<std::string>();
#define EIGENSWEEP_KIND(name) \
  if (kind == #name) return make_##name(options, seeds);
#include "regularizers.def"
#undef EIGENSWEEP_KIND
  throw ContractViolation("no regularizer named '" + kind + "'");
}

}  // namespace eigensweep::regularizers
