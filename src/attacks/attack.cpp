// SPDX-License-Identifier: MIT
#include "eigensweep/attacks/attack.hpp"

#include "eigensweep/core/error.hpp"

namespace eigensweep::attacks {

#define EIGENSWEEP_KIND(name) std::unique_ptr<Attack> make_##name(const Json& options);
#include "attacks.def"
#undef EIGENSWEEP_KIND

std::unique_ptr<Attack> make_attack(const std::string& kind, const Json& options) {
#define EIGENSWEEP_KIND(name) \
  if (kind == #name) return make_##name(options);
#include "attacks.def"
#undef EIGENSWEEP_KIND
  throw ContractViolation(fmt::format("unknown attack '{}'", kind));
}

}  // namespace eigensweep::attacks
