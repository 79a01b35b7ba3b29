// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/kind.hpp"

namespace eigensweep::training {

study::Kind declare_step() {
  study::Kind kind;
  kind.family = study::Family::schedule;
  kind.name = "step";
  kind.meaning = "the learning rate is multiplied by a factor every so many epochs, as StepLR";
  kind.source = "";
  kind.options = study::Options{}
                     .integer("every", std::nullopt, {1, 1e6}, "epochs between two changes")
                     .number("factor", 0.1, {0, 1, true}, "what the learning rate is multiplied by");
  return kind;
}

}  // namespace eigensweep::training

#else
#include <cmath>
#include <cstdint>

#include "eigensweep/core/json.hpp"

namespace eigensweep::training {

double factor_step(const Json& options, std::int64_t epoch, std::int64_t) {
  const auto changes = epoch / options.at("every").get<std::int64_t>();
  return std::pow(options.at("factor").get<double>(), static_cast<double>(changes));
}

}  // namespace eigensweep::training
#endif
