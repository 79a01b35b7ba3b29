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
  return study::declare<AdamWOptions>(study::Family::optimizer, "adamw",
                                      "Adam with decoupled weight decay, as torch.optim.AdamW",
                                      "Loshchilov, Hutter 2019, arXiv:1711.05101");
}
#else
bool is_adaptive_adamw() { return true; }

std::unique_ptr<Optimizer> make_adamw(const std::vector<Json>& options, std::vector<models::NamedTensor>& parameters) {
  const std::vector<AdamWOptions> lanes = study::read_lanes<AdamWOptions>(options);
  return make_adaptive({lanes.begin(), lanes.end()}, parameters, Decay::decoupled);
}
#endif

}  // namespace eigensweep::training
