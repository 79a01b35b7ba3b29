// SPDX-License-Identifier: MIT
#include "adaptive.hpp"

namespace eigensweep::training {
namespace {

class Adaptive final : public Optimizer {
 public:
  Adaptive(const std::vector<Json>& options, std::vector<models::NamedTensor>& parameters, Decay decay)
      : decay_(decay),
        beta1_(options.front().at("beta1").get<double>()),
        beta2_(options.front().at("beta2").get<double>()),
        epsilon_(options.front().at("epsilon").get<double>()),
        amsgrad_(options.front().at("amsgrad").get<bool>()),
        groups_(rate_groups(options, parameters)) {
    for (const models::NamedTensor& named : parameters) {
      const Tensor parameter = named.tensor.detach();  // shares the storage: the kernel writes in place
      parameters_.push_back(parameter);
      names_.push_back(named.name);
      means_.push_back(torch::zeros_like(parameter));
      squares_.push_back(torch::zeros_like(parameter));
      if (amsgrad_) largest_.push_back(torch::zeros_like(parameter));
    }
    step_ = torch::zeros({}, parameters_.front().options().dtype(torch::kFloat32));
  }

  void step(const std::vector<Tensor>& gradients, double rate_factor) override {
    step_ += 1;
    for (const RateGroup& group : groups_) {
      const std::vector<Tensor> parameters = part_of(group, parameters_);
      const std::vector<Tensor> largest = amsgrad_ ? part_of(group, largest_) : std::vector<Tensor>{};
      const std::vector<Tensor> steps(parameters.size(), step_);
      const auto kernel = [&](auto fused) {
        fused(parameters, part_of(group, gradients), part_of(group, means_), part_of(group, squares_), largest, steps,
              group.learning_rate * rate_factor, beta1_, beta2_, group.weight_decay, epsilon_, amsgrad_,
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
      if (amsgrad_) tensors.push_back({"largest." + names_[i], largest_[i]});
    }
    return tensors;
  }

 private:
  Decay decay_;
  double beta1_, beta2_, epsilon_;
  bool amsgrad_;
  std::vector<RateGroup> groups_;
  std::vector<std::string> names_;
  std::vector<Tensor> parameters_, means_, squares_, largest_;  // [E, ...]
  Tensor step_;                                                 // scalar, shared by all
};

}  // namespace

std::unique_ptr<Optimizer> make_adaptive(const std::vector<Json>& options, std::vector<models::NamedTensor>& parameters,
                                         Decay decay) {
  return std::make_unique<Adaptive>(options, parameters, decay);
}

}  // namespace eigensweep::training
