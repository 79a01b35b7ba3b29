// SPDX-License-Identifier: MIT
#include "eigensweep/training/rates.hpp"

namespace eigensweep::training {
namespace {

struct SgdOptions : Rates {
  SgdOptions() : Rates{0.1, 0.0} {}
  double momentum = 0.0;
  bool nesterov = false;

  static study::Fields<SgdOptions> fields() {
    return with_learning_rate<SgdOptions>()
        .number("momentum", &SgdOptions::momentum, {0, 1, false}, "decay of the running sum of gradients")
        .boolean("nesterov", &SgdOptions::nesterov, "look ahead along the momentum")
        .number("weight_decay", &SgdOptions::weight_decay, {0, 1e3}, "L2 penalty, added to the gradient")
        .per_lane();
  }
};

}  // namespace
}  // namespace eigensweep::training

#ifdef EIGENSWEEP_DECLARATIONS
namespace eigensweep::training {

study::Kind declare_sgd() {
  study::Kind kind = study::declare<SgdOptions>(study::Family::optimizer, "sgd",
                                                "stochastic gradient descent with momentum, as torch.optim.SGD");
  kind.refuse = study::typed<SgdOptions>([](const SgdOptions& sgd, const Json&) -> std::string {
    return sgd.nesterov && sgd.momentum == 0.0 ? "nesterov needs a momentum above 0; set momentum, or nesterov to false"
                                               : "";
  });
  kind.bytes = study::typed<SgdOptions>([](const SgdOptions& sgd, const study::WorkContext& context) {
    return sgd.momentum == 0 ? 0.0 : 4 * static_cast<double>(context.model.parameters);
  });
  kind.limit_wants = study::typed<SgdOptions>([](const SgdOptions& sgd) -> std::string {
    if (sgd.momentum == 0 && sgd.weight_decay == 0) return "";
    return "optimizer 'sgd' without momentum and weight_decay (others do not follow the kernel's gradient flow)";
  });
  return kind;
}

}  // namespace eigensweep::training

#else
#include "eigensweep/training/optimizer.hpp"

namespace eigensweep::training {
namespace {

class Sgd final : public Optimizer {
 public:
  Sgd(const std::vector<SgdOptions>& lanes, std::vector<models::NamedTensor>& parameters)
      : momentum_(lanes.front().momentum), nesterov_(lanes.front().nesterov), groups_(rate_groups(lanes, parameters)) {
    for (const models::NamedTensor& named : parameters) {
      const Tensor parameter = named.tensor.detach();  // shares the storage: the kernel writes in place
      parameters_.push_back(parameter);
      names_.push_back(named.name);
      if (momentum_ != 0.0) velocities_.push_back(torch::zeros_like(parameter));
    }
    started_ = torch::zeros({}, torch::kInt64);
  }

  void step(const std::vector<Tensor>& gradients, double rate_factor) override {
    // The first step sets the velocity to the gradient, as torch.optim.SGD does, instead of adding it to zero.
    const bool is_first = started_.item<std::int64_t>() == 0;
    for (const RateGroup& group : groups_) {
      const std::vector<Tensor> velocities = momentum_ != 0.0 ? part_of(group, velocities_) : std::vector<Tensor>{};
      at::_fused_sgd_(part_of(group, parameters_), part_of(group, gradients), velocities, group.weight_decay, momentum_,
                      group.learning_rate * rate_factor, /*dampening=*/0.0, nesterov_, /*maximize=*/false, is_first);
    }
    started_.fill_(1);
  }

  std::vector<models::NamedTensor> state() override {
    std::vector<models::NamedTensor> tensors{{"started", started_}};
    for (std::size_t i = 0; i < velocities_.size(); ++i) tensors.push_back({"velocity." + names_[i], velocities_[i]});
    return tensors;
  }

 private:
  double momentum_;
  bool nesterov_;
  std::vector<RateGroup> groups_;
  std::vector<std::string> names_;
  std::vector<Tensor> parameters_, velocities_;  // [E, ...]
  Tensor started_;
};

}  // namespace

bool is_adaptive_sgd() { return false; }

std::unique_ptr<Optimizer> make_sgd(const std::vector<Json>& options, std::vector<models::NamedTensor>& parameters) {
  return std::make_unique<Sgd>(study::read_lanes<SgdOptions>(options), parameters);
}

}  // namespace eigensweep::training
#endif
