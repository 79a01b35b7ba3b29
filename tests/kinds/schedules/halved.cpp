// SPDX-License-Identifier: MIT
#include <cmath>

#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::training {
namespace {

struct HalvedSchedule {
  std::int64_t times = 1;

  static study::Fields<HalvedSchedule> fields() {
    return study::Fields<HalvedSchedule>().integer("times", &HalvedSchedule::times, {0, 100},
                                                   "how often, evenly over the epochs");
  }
};

}  // namespace

#ifdef EIGENSWEEP_DECLARATIONS
study::Kind declare_halved() {
  return study::declare<HalvedSchedule>(study::Family::schedule, "halved", "the learning rate is halved several times");
}
#else
double factor_halved(const Json& options, std::int64_t epoch, std::int64_t epochs) {
  const auto halved = study::read<HalvedSchedule>(options);
  return std::pow(0.5, static_cast<double>(epoch * (halved.times + 1) / epochs));
}
#endif

}  // namespace eigensweep::training
