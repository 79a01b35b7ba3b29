// SPDX-License-Identifier: MIT
// Penalises the squares of all weights, and of the biases where asked for.
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::regularizers {
namespace {

struct WeightNormOptions {
  double strength = 0.01;
  bool biases = false;

  static study::Fields<WeightNormOptions> fields() {
    return study::Fields<WeightNormOptions>()
        .number("strength", &WeightNormOptions::strength, {0, 1e6},
                "weight of the penalty in the loss; 0 trains without it")
        .per_lane()
        .boolean("biases", &WeightNormOptions::biases, "penalise the biases, too");
  }
};

}  // namespace
}  // namespace eigensweep::regularizers

#ifdef EIGENSWEEP_DECLARATIONS
namespace eigensweep::regularizers {

study::Kind declare_weight_norm() {
  study::Kind kind = study::declare<WeightNormOptions>(study::Family::regularizer, "weight_norm",
                                                       "half the sum of the squared weights of all affine layers");
  kind.off_when_zero = "strength";
  // Of the two functions that see the network it declares one.
  kind.refuse_network = [](const Json&, const study::ModelShape& shape, const study::SampleCounts&) -> std::string {
    return shape.infinite_layers == 0 ? "" : "a layer of infinite width has no weights to penalise; exclude this cell";
  };
  kind.work = [](const Json&, const study::WorkContext& context) {
    return 2.0 * static_cast<double>(context.epochs * context.steps_per_epoch * context.model.parameters);
  };
  return kind;
}

}  // namespace eigensweep::regularizers

#else
#include "eigensweep/regularizers/regularizer.hpp"

namespace eigensweep::regularizers {
namespace {

class WeightNorm final : public Regularizer {
 public:
  explicit WeightNorm(std::vector<WeightNormOptions> lanes) : lanes_(std::move(lanes)) {}

  std::vector<Casualty> begin_epoch(models::Model& model, const data::DeviceDataset&,
                                    const std::vector<bool>&) override {
    hold(model);
    return {};
  }
  /// A training that goes on in the middle of an epoch does not begin it.
  void make_room(models::Model& model, const data::DeviceDataset&) override { hold(model); }

  Penalty penalty(const Moment& moment) override {
    if (!strength_.defined()) strength_ = per_lane(lanes_, &WeightNormOptions::strength, moment.output.logits);
    Tensor sum = torch::zeros_like(strength_);
    for (const Tensor& weight : penalised_) sum = sum + weight.square().flatten(1).sum(1);
    return {sum * (0.5 * strength_), {}};
  }

 private:
  void hold(models::Model& model) {
    penalised_.clear();
    for (const models::NamedTensor& named : model.parameters()) {
      if (is_penalised(named.place)) penalised_.push_back(named.tensor);
    }
  }

  [[nodiscard]] bool is_penalised(models::Place place) const {
    if (place == models::Place::other) return false;
    const bool is_bias = place == models::Place::hidden_bias || place == models::Place::output_bias;
    return !is_bias || lanes_.front().biases;
  }

  std::vector<WeightNormOptions> lanes_;
  Tensor strength_;                // [E]
  std::vector<Tensor> penalised_;  // [E, ...], the network's own
};

}  // namespace

std::unique_ptr<Regularizer> make_weight_norm(const std::vector<Json>& options, const std::vector<std::uint64_t>&) {
  return std::make_unique<WeightNorm>(study::read_lanes<WeightNormOptions>(options));
}

}  // namespace eigensweep::regularizers
#endif
