// SPDX-License-Identifier: MIT
#include <cmath>
#include <numbers>

#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::training {
namespace {

struct Cosine {
  double final_factor = 0.0;

  static study::Fields<Cosine> fields() {
    return study::Fields<Cosine>().number("final_factor", &Cosine::final_factor, {0, 1},
                                          "learning rate after the last epoch, as a share of the first");
  }
};

}  // namespace

#ifdef EIGENSWEEP_DECLARATIONS
study::Kind declare_cosine() {
  return study::declare<Cosine>(study::Family::schedule, "cosine",
                                "the learning rate falls as half a cosine over the epochs, as CosineAnnealingLR",
                                "Loshchilov, Hutter 2017, arXiv:1608.03983");
}
#else
double factor_cosine(const Json& options, std::int64_t epoch, std::int64_t epochs) {
  const auto cosine = study::read<Cosine>(options);
  const double angle = std::numbers::pi * static_cast<double>(epoch) / static_cast<double>(epochs);
  return cosine.final_factor + (1.0 - cosine.final_factor) * 0.5 * (1.0 + std::cos(angle));
}
#endif

}  // namespace eigensweep::training
