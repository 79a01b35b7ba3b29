// SPDX-License-Identifier: MIT
// The incoming weights of every hidden unit stay in a ball: after each step a longer vector is scaled back onto it.
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::constraints {
namespace {

struct MaxNorm {
  double norm = 3.0;

  static study::Fields<MaxNorm> fields() {
    return study::Fields<MaxNorm>()
        .number("norm", &MaxNorm::norm, {0, 1e6, true},
                "largest Euclidean norm of the incoming weights of a hidden unit, with the parametrisation's factor")
        .per_lane();
  }
};

}  // namespace
}  // namespace eigensweep::constraints

#ifdef EIGENSWEEP_DECLARATIONS
#include <fmt/format.h>

#include "eigensweep/models/layer_type.hpp"

namespace eigensweep::constraints {
namespace {

std::string refuse_max_norm(const MaxNorm&, const Json& config) {
  const models::NetworkOptions network = models::network_of(config);
  if (models::is_dann(network)) {
    return fmt::format(
        "inhibitory units take part in what a unit of layer '{}' receives, and a bound on the excitatory weights alone "
        "would silence it; leave this out, or choose layer 'dense' or 'colei'",
        config.at("model").at("layer").get<std::string>());
  }
  if (network.centre_output) {
    return "it changes the initial network, and centre_output subtracts that as its seed made it, so that training "
           "would not start from 0; leave one of them out";
  }
  return "";
}

}  // namespace

study::Kind declare_max_norm() {
  study::Kind kind =
      study::declare<MaxNorm>(study::Family::constraint, "max_norm",
                              "bounds the norm of the incoming weights of every hidden unit, of its filter in a "
                              "convolution; in an rnn of those from the inputs and of those from the state",
                              "Srebro, Rennie, Jaakkola 2005; Srivastava et al. 2014, JMLR 15, section 5.1");
  kind.refuse = study::typed<MaxNorm>(refuse_max_norm);
  kind.work = [](const Json&, const study::WorkContext& context) {
    constexpr double per_parameter = 3;  // square, sum, scale
    return static_cast<double>(context.epochs * context.steps_per_epoch) * per_parameter *
           static_cast<double>(context.model.parameters);
  };
  return kind;
}

}  // namespace eigensweep::constraints

#else
#include "eigensweep/constraints/constraint.hpp"

namespace eigensweep::constraints {
namespace {

bool is_hidden(const models::NamedTensor& named) {
  return named.place == models::Place::input_weight || named.place == models::Place::hidden_weight;
}

class MaxNormConstraint final : public Constraint {
 public:
  explicit MaxNormConstraint(const std::vector<MaxNorm>& lanes) {
    std::vector<double> limits;
    for (const MaxNorm& lane : lanes) limits.push_back(lane.norm);
    limits_ = torch::tensor(limits, torch::kFloat64).unsqueeze(1);
  }

  void begin(models::Model& model) override {
    limits_ = limits_.to(model.parameters().front().tensor.device());
    Constraint::begin(model);
  }

  void after_step(models::Model& model) override {
    const torch::NoGradGuard no_gradients;
    for (const models::NamedTensor& named : model.parameters()) {
      if (!is_hidden(named)) continue;
      const Tensor weights = named.tensor.detach().flatten(2);
      const Tensor scale = (limits_.to(weights.scalar_type()) / norms(named)).clamp_max(1);
      weights.mul_(scale.unsqueeze(2));
    }
  }

  [[nodiscard]] bool repeats() const override { return true; }

  [[nodiscard]] Tensor violation(models::Model& model) const override {
    const torch::NoGradGuard no_gradients;
    Tensor worst = torch::zeros({limits_.size(0)}, limits_.options());
    for (const models::NamedTensor& named : model.parameters()) {
      if (!is_hidden(named)) continue;
      const Tensor excess = norms(named).to(torch::kFloat64) / limits_ - 1;
      worst = torch::maximum(worst, excess.amax(1));
    }
    return worst;
  }

 private:
  // [E, units]
  static Tensor norms(const models::NamedTensor& named) {
    const Tensor squares = named.tensor.detach().flatten(2).square().sum(2);
    return squares.sqrt() * named.factor;
  }

  Tensor limits_;  // [E, 1] float64, on the networks' device from begin() on
};

}  // namespace

std::unique_ptr<Constraint> make_max_norm(const std::vector<Json>& options) {
  return std::make_unique<MaxNormConstraint>(study::read_lanes<MaxNorm>(options));
}

}  // namespace eigensweep::constraints
#endif
