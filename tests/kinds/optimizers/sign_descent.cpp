// SPDX-License-Identifier: MIT
// Steps of one length along the sign of each gradient's running mean.
#include "eigensweep/study/declare/fields.hpp"
#include "eigensweep/training/rates.hpp"

namespace eigensweep::training {
namespace {

struct SignDescentOptions : Rates {
  SignDescentOptions() : Rates{0.001, 0.0} {}
  double momentum = 0.9;

  static study::Fields<SignDescentOptions> fields() {
    return study::Fields<SignDescentOptions>()
        .number("learning_rate", &SignDescentOptions::learning_rate, {0, 1e3, true}, "step size")
        .per_lane()
        .number("momentum", &SignDescentOptions::momentum, {0, 1, false}, "decay of the running mean of gradients");
  }
};

}  // namespace
}  // namespace eigensweep::training

#ifdef EIGENSWEEP_DECLARATIONS
namespace eigensweep::training {

study::Kind declare_sign_descent() {
  return study::declare<SignDescentOptions>(study::Family::optimizer, "sign_descent",
                                            "descent along the sign of the gradients' running mean (Signum)",
                                            "Bernstein, Wang, Azizzadenesheli, Anandkumar 2018, arXiv:1802.04434");
}

}  // namespace eigensweep::training

#else
#include "eigensweep/training/optimizer.hpp"

namespace eigensweep::training {
namespace {

class SignDescent final : public Optimizer {
 public:
  SignDescent(const std::vector<SignDescentOptions>& lanes, std::vector<models::NamedTensor>& parameters)
      : momentum_(lanes.front().momentum), groups_(rate_groups(lanes, parameters)) {
    for (const models::NamedTensor& named : parameters) {
      parameters_.push_back(named.tensor.detach());  // shares the storage
      means_.push_back(torch::zeros_like(parameters_.back()));
      names_.push_back(named.name);
    }
  }

  void step(const std::vector<Tensor>& gradients, double rate_factor) override {
    for (std::size_t i = 0; i < means_.size(); ++i) means_[i].lerp_(gradients[i], 1 - momentum_);
    for (const RateGroup& group : groups_) {
      const std::vector<Tensor> parameters = part_of(group, parameters_), means = part_of(group, means_);
      const double length = group.learning_rate * rate_factor;
      for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].sub_(means[i].sign().mul_(length));
    }
  }

  std::vector<models::NamedTensor> state() override {
    std::vector<models::NamedTensor> tensors;
    for (std::size_t i = 0; i < means_.size(); ++i) tensors.push_back({"mean." + names_[i], means_[i]});
    return tensors;
  }

 private:
  double momentum_;
  std::vector<RateGroup> groups_;
  std::vector<std::string> names_;
  std::vector<Tensor> parameters_, means_;  // [E, ...]
};

}  // namespace

bool is_adaptive_sign_descent() { return true; }

std::unique_ptr<Optimizer> make_sign_descent(const std::vector<Json>& options,
                                             std::vector<models::NamedTensor>& parameters) {
  return std::make_unique<SignDescent>(study::read_lanes<SignDescentOptions>(options), parameters);
}

}  // namespace eigensweep::training
#endif
