// SPDX-License-Identifier: MIT
#include "adaptive.hpp"

namespace eigensweep::training {
namespace {

struct AdamWOptions : AdaptiveOptions {
  AdamWOptions() : AdaptiveOptions(0.01) {}
  static study::Fields<AdamWOptions> fields() {
    return fields_with<AdamWOptions>("decay of the weights, apart from the gradient");
  }
};

}  // namespace

#ifdef EIGENSWEEP_DECLARATIONS
study::Kind declare_adamw() {
  study::Kind kind = study::declare<AdamWOptions>(study::Family::optimizer, "adamw",
                                                  "Adam with decoupled weight decay, as torch.optim.AdamW",
                                                  "Loshchilov, Hutter 2019, arXiv:1711.05101");
  kind.bytes = study::typed<AdamWOptions>(state_bytes);
  return kind;
}
#else
bool is_adaptive_adamw() { return true; }

std::unique_ptr<Optimizer> make_adamw(const std::vector<Json>& options, std::vector<models::NamedTensor>& parameters) {
  const std::vector<AdamWOptions> lanes = study::read_lanes<AdamWOptions>(options);
  return make_adaptive({lanes.begin(), lanes.end()}, parameters, Decay::decoupled);
}
#endif

}  // namespace eigensweep::training
