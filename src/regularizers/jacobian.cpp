// SPDX-License-Identifier: MIT
// Penalises the squared Frobenius norm of the Jacobian of the logits with respect to the inputs.
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::regularizers {
namespace {

struct JacobianOptions {
  double strength = 0.01;
  std::int64_t projections = 1;

  static study::Fields<JacobianOptions> fields() {
    return study::Fields<JacobianOptions>()
        .number("strength", &JacobianOptions::strength, {0, 1e6},
                "weight of the penalty in the loss; 0 trains without it")
        .per_lane()
        .integer("projections", &JacobianOptions::projections, {0, 10000},
                 "random directions of the logits that estimate the norm; 0 takes every class: exact");
  }
};

}  // namespace
}  // namespace eigensweep::regularizers

#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/declare/passes.hpp"

namespace eigensweep::regularizers {

study::Kind declare_jacobian() {
  study::Kind kind = study::declare<JacobianOptions>(
      study::Family::regularizer, "jacobian",
      "half the mean squared Frobenius norm of the logits' Jacobian with respect to the input",
      "Hoffman, Roberts, Yaida 2019, arXiv:1908.02729");
  kind.off_when_zero = "strength";
  kind.work = study::typed<JacobianOptions>([](const JacobianOptions& jacobian, const study::WorkContext& context) {
    const auto directions =
        static_cast<double>(jacobian.projections == 0 ? context.dataset.classes : jacobian.projections);
    const double samples = static_cast<double>(context.epochs * context.steps_per_epoch * context.batch_size);
    // For each direction a backward pass to the input, and twice as much to differentiate it.
    return samples * directions * 3.0 * context.model.forward_flops;
  });
  kind.step_bytes =
      study::typed<JacobianOptions>([](const JacobianOptions& jacobian, const study::WorkContext& context) {
        const auto directions = jacobian.projections == 0 ? context.dataset.classes : jacobian.projections;
        return study::double_backward_bytes(context, static_cast<double>(directions));
      });
  return kind;
}

}  // namespace eigensweep::regularizers

#else
#include "eigensweep/models/numerics/lane_random.hpp"
#include "eigensweep/regularizers/regularizer.hpp"

namespace eigensweep::regularizers {
namespace {

class Jacobian final : public Regularizer {
 public:
  Jacobian(std::vector<JacobianOptions> lanes, const std::vector<std::uint64_t>& seeds)
      : lanes_(std::move(lanes)), seeds_(seeds), projections_(lanes_.front().projections) {}

  [[nodiscard]] bool reads_input_gradients() const override { return true; }

  Penalty penalty(const Moment& moment) override {
    const Tensor& logits = moment.output.logits;  // [E, C, B]
    if (!strength_.defined()) strength_ = per_lane(lanes_, &JacobianOptions::strength, logits);
    const auto classes = static_cast<double>(logits.size(1));
    const auto samples = static_cast<double>(logits.size(2));
    const std::int64_t directions = projections_ == 0 ? logits.size(1) : projections_;
    Tensor squares;
    for (std::int64_t i = 0; i < directions; ++i) {
      const Tensor v = projections_ == 0 ? one_class(logits, i) : random_direction(logits, moment.step, i);
      const Tensor jacobian = torch::autograd::grad({(logits * v).sum()}, {moment.inputs.x}, {}, /*retain_graph=*/true,
                                                    /*create_graph=*/true)[0];  // [E, B, d]
      const Tensor square = jacobian.square().sum({1, 2});
      squares = squares.defined() ? squares + square : square;
    }
    return {squares * (strength_ * (0.5 * classes / (static_cast<double>(directions) * samples))), {}};
  }

 private:
  static Tensor one_class(const Tensor& logits, std::int64_t which) {
    Tensor v = torch::zeros_like(logits, logits.options().requires_grad(false));
    v.select(1, which).fill_(1);
    return v;
  }

  // A unit vector for each sample, keyed by (seed, step, direction): [E, C, B].
  Tensor random_direction(const Tensor& logits, std::int64_t step, std::int64_t direction) {
    const std::int64_t lanes = logits.size(0), classes = logits.size(1), samples = logits.size(2);
    if (random_.size() == static_cast<std::size_t>(direction)) {
      random_.emplace_back(seeds_, random::Purpose::projection, direction, logits.device());
    }
    const Tensor stream = torch::full({1}, step, logits.options().dtype(torch::kInt64).requires_grad(false));
    const Tensor normal = random_[static_cast<std::size_t>(direction)].normal(stream, samples * classes);
    const Tensor v = normal.view({lanes, samples, classes}).transpose(1, 2).to(logits.scalar_type());
    return v / torch::linalg_vector_norm(v, 2, 1, /*keepdim=*/true);
  }

  std::vector<JacobianOptions> lanes_;
  std::vector<std::uint64_t> seeds_;
  std::int64_t projections_;
  std::vector<models::LaneRandom> random_;  // of each direction
  Tensor strength_;                         // [E]
};

}  // namespace

std::unique_ptr<Regularizer> make_jacobian(const std::vector<Json>& options, const std::vector<std::uint64_t>& seeds) {
  return std::make_unique<Jacobian>(study::read_lanes<JacobianOptions>(options), seeds);
}

}  // namespace eigensweep::regularizers
#endif
