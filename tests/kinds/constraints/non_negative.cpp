// SPDX-License-Identifier: MIT
// Keeps the weights of hidden units at or above 0.
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::constraints {
namespace {

struct NonNegativeOptions {
  bool readout = false;

  static study::Fields<NonNegativeOptions> fields() {
    return study::Fields<NonNegativeOptions>().boolean("readout", &NonNegativeOptions::readout,
                                                       "keep the readout's weights there, too");
  }
};

}  // namespace
}  // namespace eigensweep::constraints

#ifdef EIGENSWEEP_DECLARATIONS
namespace eigensweep::constraints {

study::Kind declare_non_negative() {
  return study::declare<NonNegativeOptions>(study::Family::constraint, "non_negative",
                                            "sets negative weights to 0 after each step");
}

}  // namespace eigensweep::constraints

#else
#include "eigensweep/constraints/constraint.hpp"

namespace eigensweep::constraints {
namespace {

class NonNegative final : public Constraint {
 public:
  explicit NonNegative(const NonNegativeOptions& options) : options_(options) {}

  void after_step(models::Model& model) override {
    const torch::NoGradGuard no_gradients;
    for (const models::NamedTensor& named : model.parameters()) {
      if (is_kept(named.place)) named.tensor.clamp_min_(0);
    }
  }

  [[nodiscard]] Tensor violation(models::Model& model) const override {
    const torch::NoGradGuard no_gradients;
    Tensor worst = torch::zeros({model.lanes()}, torch::kFloat64);
    for (const models::NamedTensor& named : model.parameters()) {
      if (is_kept(named.place)) worst = torch::maximum(worst, -named.tensor.flatten(1).amin(1).to(torch::kFloat64));
    }
    return worst;
  }

 private:
  [[nodiscard]] bool is_kept(models::Place place) const {
    return place == models::Place::input_weight || place == models::Place::hidden_weight ||
           (options_.readout && place == models::Place::output_weight);
  }

  NonNegativeOptions options_;
};

}  // namespace

std::unique_ptr<Constraint> make_non_negative(const std::vector<Json>& options) {
  return std::make_unique<NonNegative>(study::read<NonNegativeOptions>(options.front()));
}

}  // namespace eigensweep::constraints
#endif
