// SPDX-License-Identifier: MIT
#include "ball_options.hpp"
#include "effort.hpp"

namespace eigensweep::attacks {
namespace {

struct AutoAttackStandard : BallAttack {
  static Effort effort() {
    return {.steps = 100, .targets = 9, .target_steps = 100, .fab_steps = 100, .queries = 5000};
  }

  static study::Fields<AutoAttackStandard> fields() { return common<AutoAttackStandard>(); }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare_protocol.hpp"

namespace eigensweep::attacks {

study::Kind declare_autoattack_standard() {
  return declare_protocol<AutoAttackStandard>(
      "autoattack_standard",
      "the attacks of AutoAttack's version standard with its numbers of steps, on the ladder of strict: APGD on the "
      "log-odds and towards 9 classes with 100 steps each, FAB towards 9 classes with 100 steps, Square with 5000 "
      "queries",
      [](const AutoAttackStandard&) { return AutoAttackStandard::effort(); });
}

}  // namespace eigensweep::attacks
#else
#include "protocol.hpp"

namespace eigensweep::attacks {

std::unique_ptr<Attack> make_autoattack_standard(const Json& options) {
  return make_protocol(study::read<AutoAttackStandard>(options).norm, AutoAttackStandard::effort());
}

}  // namespace eigensweep::attacks
#endif
