// SPDX-License-Identifier: MIT
#include <cmath>

#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::training {
namespace {

struct StepSchedule {
  std::int64_t every = 1;
  double factor = 0.1;

  static study::Fields<StepSchedule> fields() {
    return study::Fields<StepSchedule>()
        .integer("every", &StepSchedule::every, {1, 1e6}, "epochs between two changes")
        .required()
        .number("factor", &StepSchedule::factor, {0, 1, true}, "what the learning rate is multiplied by");
  }
};

}  // namespace

#ifdef EIGENSWEEP_DECLARATIONS
study::Kind declare_step() {
  return study::declare<StepSchedule>(study::Family::schedule, "step",
                                      "the learning rate is multiplied by a factor every so many epochs, as StepLR");
}
#else
double factor_step(const Json& options, std::int64_t epoch, std::int64_t) {
  const auto step = study::read<StepSchedule>(options);
  return std::pow(step.factor, static_cast<double>(epoch / step.every));
}
#endif

}  // namespace eigensweep::training
