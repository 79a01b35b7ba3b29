// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/kind.hpp"

namespace eigensweep::training {

study::Kind declare_cosine() {
  study::Kind kind;
  kind.family = study::Family::schedule;
  kind.name = "cosine";
  kind.meaning = "the learning rate falls as half a cosine over the epochs, as CosineAnnealingLR";
  kind.source = "Loshchilov, Hutter 2017, arXiv:1608.03983";
  kind.options = study::Options{}.number("final_factor", 0.0, {0, 1},
                                         "learning rate after the last epoch, as a share of the first");
  return kind;
}

}  // namespace eigensweep::training

#else
#include <cmath>
#include <cstdint>
#include <numbers>

#include "eigensweep/core/json.hpp"

namespace eigensweep::training {

double factor_cosine(const Json& options, std::int64_t epoch, std::int64_t epochs) {
  const auto final_factor = options.at("final_factor").get<double>();
  const double angle = std::numbers::pi * static_cast<double>(epoch) / static_cast<double>(epochs);
  return final_factor + (1.0 - final_factor) * 0.5 * (1.0 + std::cos(angle));
}

}  // namespace eigensweep::training
#endif
