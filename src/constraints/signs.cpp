// SPDX-License-Identifier: MIT
// Dale's law: weights that the network declares to be of one sign stay there. A weight that the optimizer's step has
// taken across 0 is set to 0.
#include <algorithm>
#include <limits>

#include "eigensweep/constraints/constraint.hpp"

namespace eigensweep::constraints {
namespace {

class Signs final : public Constraint {
 public:
  explicit Signs(models::Model& model) {
    constexpr double unbounded = std::numeric_limits<double>::infinity();
    for (const models::NamedTensor& named : model.parameters()) {
      if (!named.signs.defined()) {
        bounds_.emplace_back();
        continue;
      }
      const Tensor signs = named.signs.to(named.tensor.options().requires_grad(false));
      bounds_.push_back({torch::zeros_like(signs).masked_fill(signs < 0, -unbounded),
                         torch::zeros_like(signs).masked_fill(signs > 0, unbounded)});
    }
  }

  void after_gradients(models::Model& model, std::vector<Tensor>& gradients) override {
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      const double factor = model.parameters()[i].gradient_factor;
      if (factor != 1) gradients[i].mul_(factor);
    }
  }

  void after_step(models::Model& model) override {
    const torch::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < bounds_.size(); ++i) {
      if (bounds_[i].least.defined()) model.parameters()[i].tensor.detach().clamp_(bounds_[i].least, bounds_[i].most);
    }
  }

  [[nodiscard]] bool repeats() const override { return true; }

  /// The size of the largest weight of the wrong sign.
  [[nodiscard]] Tensor violation(models::Model& model) const override {
    const torch::NoGradGuard no_gradients;
    Tensor worst;
    for (std::size_t i = 0; i < bounds_.size(); ++i) {
      if (!bounds_[i].least.defined()) continue;
      const Tensor weights = model.parameters()[i].tensor.detach();
      const Tensor outside = (weights - weights.clamp(bounds_[i].least, bounds_[i].most)).abs();
      const Tensor of_tensor = outside.flatten(1).amax(1).to(torch::kFloat64);
      worst = worst.defined() ? torch::maximum(worst, of_tensor) : of_tensor;
    }
    return worst.defined() ? worst : torch::zeros({model.lanes()}, torch::kFloat64);
  }

 private:
  struct Bounds {
    Tensor least = {}, most = {};  // both undefined where the tensor is free
  };
  std::vector<Bounds> bounds_;  // of every parameter
};

}  // namespace

std::unique_ptr<Constraint> make_signs(models::Model& model) {
  const auto declares = [](const models::NamedTensor& named) {
    return named.signs.defined() || named.gradient_factor != 1;
  };
  if (std::none_of(model.parameters().begin(), model.parameters().end(), declares)) return nullptr;
  return std::make_unique<Signs>(model);
}

}  // namespace eigensweep::constraints
