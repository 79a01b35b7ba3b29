// SPDX-License-Identifier: MIT
// Penalises the squared Frobenius norm of the Jacobian of the logits with respect to the inputs.
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/kind.hpp"

namespace eigensweep::regularizers {

study::Kind declare_jacobian() {
  study::Kind kind;
  kind.family = study::Family::regularizer;
  kind.name = "jacobian";
  kind.meaning = "half the mean squared Frobenius norm of the logits' Jacobian with respect to the input";
  kind.source = "Hoffman, Roberts, Yaida 2019, arXiv:1908.02729";
  kind.options = study::Options{}
                     .number("strength", 0.01, {0, 1e6}, "weight of the penalty in the loss; 0 trains without it")
                     .per_lane()
                     .integer("projections", 1, {0, 10000},
                              "random directions of the logits that estimate the norm; 0 takes every class: exact");
  kind.off_when_zero = "strength";
  kind.work = [](const Json& options, const study::WorkContext& context) {
    const auto asked = options.at("projections").get<double>();
    const double directions = asked == 0 ? static_cast<double>(context.dataset.classes) : asked;
    const double samples = static_cast<double>(context.epochs * context.steps_per_epoch * context.batch_size);
    // For each direction a backward pass to the input, and twice as much to differentiate it.
    return samples * directions * 3.0 * context.model.forward_flops;
  };
  return kind;
}

}  // namespace eigensweep::regularizers

#else
#include <span>

#include "eigensweep/core/random.hpp"
#include "eigensweep/regularizers/regularizer.hpp"

namespace eigensweep::regularizers {
namespace {

class Jacobian final : public Regularizer {
 public:
  Jacobian(const std::vector<Json>& options, const std::vector<std::uint64_t>& seeds)
      : options_(options), seeds_(seeds), projections_(options.front().at("projections").get<std::int64_t>()) {}

  [[nodiscard]] bool reads_input_gradients() const override { return true; }

  Tensor penalty(const Moment& moment) override {
    const Tensor& logits = moment.output.logits;  // [E, C, B]
    if (!strength_.defined()) strength_ = per_lane(options_, "strength", logits);
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
    return squares * (strength_ * (0.5 * classes / (static_cast<double>(directions) * samples)));
  }

 private:
  static Tensor one_class(const Tensor& logits, std::int64_t which) {
    Tensor v = torch::zeros_like(logits, logits.options().requires_grad(false));
    v.select(1, which).fill_(1);
    return v;
  }

  // A unit vector for each sample, keyed by (seed, step, direction): [E, C, B].
  [[nodiscard]] Tensor random_direction(const Tensor& logits, std::int64_t step, std::int64_t direction) const {
    const std::int64_t lanes = logits.size(0), classes = logits.size(1), samples = logits.size(2);
    const Tensor normal = torch::empty({lanes, samples, classes}, torch::kFloat32);
    const auto count = static_cast<std::size_t>(samples * classes);
    for (std::size_t lane = 0; lane < seeds_.size(); ++lane) {
      const random::Key key{seeds_[lane], random::Purpose::projection, static_cast<std::uint64_t>(step),
                            static_cast<std::uint64_t>(direction)};
      random::fill_normal(key, std::span(normal.data_ptr<float>() + lane * count, count));
    }
    const Tensor v = normal.transpose(1, 2).to(logits.device(), logits.scalar_type());
    return v / torch::linalg_vector_norm(v, 2, 1, /*keepdim=*/true);
  }

  std::vector<Json> options_;
  std::vector<std::uint64_t> seeds_;
  std::int64_t projections_;
  Tensor strength_;  // [E]
};

}  // namespace

std::unique_ptr<Regularizer> make_jacobian(const std::vector<Json>& options, const std::vector<std::uint64_t>& seeds) {
  return std::make_unique<Jacobian>(options, seeds);
}

}  // namespace eigensweep::regularizers
#endif
