// SPDX-License-Identifier: MIT
#include "adaptive.hpp"

namespace eigensweep::training {
namespace {

struct AdamOptions : AdaptiveOptions {
  AdamOptions() : AdaptiveOptions(0.0) {}
  static study::Fields<AdamOptions> fields() { return fields_with<AdamOptions>("L2 penalty, added to the gradient"); }
};

}  // namespace

#ifdef EIGENSWEEP_DECLARATIONS
study::Kind declare_adam() {
  study::Kind kind = study::declare<AdamOptions>(study::Family::optimizer, "adam", "Adam, as torch.optim.Adam",
                                                 "Kingma, Ba 2015, arXiv:1412.6980");
  kind.bytes = study::typed<AdamOptions>(state_bytes);
  return kind;
}
#else
bool is_adaptive_adam() { return true; }

std::unique_ptr<Optimizer> make_adam(const std::vector<Json>& options, std::vector<models::NamedTensor>& parameters) {
  const std::vector<AdamOptions> lanes = study::read_lanes<AdamOptions>(options);
  return make_adaptive({lanes.begin(), lanes.end()}, parameters, Decay::coupled);
}
#endif

}  // namespace eigensweep::training
