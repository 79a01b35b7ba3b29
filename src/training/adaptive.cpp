// SPDX-License-Identifier: MIT
#include "adaptive.hpp"

namespace eigensweep::training {
namespace {

class Adaptive final : public Optimizer {
 public:
  Adaptive(const std::vector<AdaptiveOptions>& lanes, std::vector<models::NamedTensor>& parameters, Decay decay)
      : decay_(decay), options_(lanes.front()), groups_(rate_groups(lanes, parameters)) {
    for (const models::NamedTensor& named : parameters) {
      const Tensor parameter = named.tensor.detach();  // shares the storage: the kernel writes in place
      parameters_.push_back(parameter);
      names_.push_back(named.name);
      means_.push_back(torch::zeros_like(parameter));
      squares_.push_back(torch::zeros_like(parameter));
      if (options_.amsgrad) largest_.push_back(torch::zeros_like(parameter));
    }
    step_ = torch::zeros({}, parameters_.front().options().dtype(torch::kFloat32));
  }

  void step(const std::vector<Tensor>& gradients, double rate_factor) override {
    step_ += 1;
    for (const RateGroup& group : groups_) {
      const std::vector<Tensor> parameters = part_of(group, parameters_);
      const std::vector<Tensor> largest = options_.amsgrad ? part_of(group, largest_) : std::vector<Tensor>{};
      const std::vector<Tensor> steps(parameters.size(), step_);
      const auto kernel = [&](auto fused) {
        fused(parameters, part_of(group, gradients), part_of(group, means_), part_of(group, squares_), largest, steps,
              group.learning_rate * rate_factor, options_.beta1, options_.beta2, group.weight_decay, options_.epsilon,
              options_.amsgrad,
              /*maximize=*/false);
      };
      if (decay_ == Decay::coupled) {
        kernel([](auto&&... arguments) { at::_fused_adam_(arguments...); });
      } else {
        kernel([](auto&&... arguments) { at::_fused_adamw_(arguments...); });
      }
    }
  }

  std::vector<models::NamedTensor> state() override {
    std::vector<models::NamedTensor> tensors{{"step", step_}};
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      tensors.push_back({"mean." + names_[i], means_[i]});
      tensors.push_back({"square." + names_[i], squares_[i]});
      if (options_.amsgrad) tensors.push_back({"largest." + names_[i], largest_[i]});
    }
    return tensors;
  }

 private:
  Decay decay_;
  AdaptiveOptions options_;  // except for the rates, which are in the groups
  std::vector<RateGroup> groups_;
  std::vector<std::string> names_;
  std::vector<Tensor> parameters_, means_, squares_, largest_;  // [E, ...]
  Tensor step_;                                                 // scalar, shared by all
};

}  // namespace

std::unique_ptr<Optimizer> make_adaptive(const std::vector<AdaptiveOptions>& lanes,
                                         std::vector<models::NamedTensor>& parameters, Decay decay) {
  return std::make_unique<Adaptive>(lanes, parameters, decay);
}

}  // namespace eigensweep::training
