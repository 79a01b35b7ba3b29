// SPDX-License-Identifier: MIT
#include "ball_options.hpp"
#include "effort.hpp"

namespace eigensweep::attacks {
namespace {

struct Strict : BallAttack {
  std::int64_t steps = 20;
  std::int64_t targets = 9;
  std::int64_t queries = 200;

  [[nodiscard]] Effort effort() const {
    return {
        .runs = 4, .steps = 5 * steps, .targets = targets, .target_steps = steps, .gives_up = true, .queries = queries};
  }

  static study::Fields<Strict> fields() {
    return common<Strict>()
        .integer("steps", &Strict::steps, {1, 1e6},
                 "number of gradient steps of APGD towards each class; its four runs on all classes together take five "
                 "times as many, where they do not give up")
        .integer("targets", &Strict::targets, {0, 1000},
                 "number of wrong classes that APGD is run towards, the likeliest first")
        .integer("queries", &Strict::queries, {0, 1e7}, "number of points that the Square attack tries");
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare_protocol.hpp"

namespace eigensweep::attacks {

study::Kind declare_strict() {
  return declare_protocol<Strict>(
      "strict",
      "the nearest misclassified point of each sample, by a grey image, one fast gradient step, APGD on the log-odds, "
      "APGD towards each wrong class and random squares, on a ladder of all radii; robust is a sample that no point of "
      "any of them fools",
      [](const Strict& strict) { return strict.effort(); });
}

}  // namespace eigensweep::attacks
#else
#include "protocol.hpp"

namespace eigensweep::attacks {

std::unique_ptr<Attack> make_strict(const Json& options) {
  const auto strict = study::read<Strict>(options);
  return make_protocol(strict.norm, strict.effort());
}

}  // namespace eigensweep::attacks
#endif
