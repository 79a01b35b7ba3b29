// SPDX-License-Identifier: MIT
#include "recurrent_pass.hpp"

#include <utility>
#include <vector>

#include "eigensweep/models/activation.hpp"
#include "eigensweep/models/dense.hpp"
#include "eigensweep/models/numerics/product.hpp"

namespace eigensweep::models {
namespace {

/// The inverse of by_rows(), of features [E, inputs, steps * B]: [E, B, d].
Tensor by_images(const ImageRows& rows, const Tensor& features) {
  const Tensor parts = features.reshape({features.size(0), rows.channels, rows.columns, rows.steps, -1});
  return parts.permute({0, 4, 1, 3, 2}).flatten(2);
}

/// States and their derivatives are [E, N, steps, B]: all steps of a unit are a row of one matrix, so that each product
/// that does not depend on the state before is one for all steps.
class RecurrentPass final : public Pass {
 public:
  RecurrentPass(RecurrentNetwork network, const Inputs& inputs)
      : network_(std::move(network)), rows_{by_rows(network_.rows, inputs.x), inputs.lanes} {
    const torch::NoGradGuard no_gradients;
    weight_ = network_.of_state.effective();
    of_inputs_ = network_.of_inputs.effective();
    states_ = by_steps(affine_of_inputs(of_inputs_, network_.bias, rows_));
    const bool in_place = slope_needs_only_value(network_.activation);
    if (!in_place) arguments_ = std::exchange(states_, torch::empty_like(states_));
    for (std::int64_t step = 0; step < steps(); ++step) {
      Tensor h = states_.select(2, step);
      Tensor z = in_place ? h : arguments_.select(2, step);
      if (step > 0) add_product(z, weight_, states_.select(2, step - 1));
      if (in_place) {
        activate_in_place(network_.activation, h);
      } else {
        h.copy_(activate(network_.activation, z));
      }
      output.hidden.push_back(h);
    }
    const Tensor& last = output.hidden.back();
    output.logits = network_.dividing_readout != nullptr ? network_.dividing_readout->run(last, readout_)
                                                         : affine(network_.readout, network_.readout_bias, last);
  }

  std::vector<Tensor> parameter_gradients(OutputGradient gradient) override {
    const torch::NoGradGuard no_gradients;
    std::vector<Tensor> of_readout, gradients;
    const Tensor by_last = through_readout(std::move(gradient.logits), &of_readout);
    const Tensor by_arguments = through_time(by_last, gradient);
    const Tensor all = by_arguments.flatten(2);
    network_.of_inputs.add_gradients(weight_gradient_of_inputs(all, rows_), gradients);
    const Tensor before = states_.narrow(2, 0, steps() - 1).flatten(2);
    const Tensor after = by_arguments.narrow(2, 1, steps() - 1).flatten(2);
    network_.of_state.add_gradients(product(after, before.transpose(1, 2)), gradients);
    gradients.push_back(all.sum(2));
    gradients.insert(gradients.end(), of_readout.begin(), of_readout.end());
    return gradients;
  }

  Tensor input_gradient(const Tensor& logits) override {
    const torch::NoGradGuard no_gradients;
    OutputGradient none;
    const Tensor by_arguments = through_time(through_readout(logits.clone(), nullptr), none);
    return by_images(network_.rows, product(of_inputs_.transpose(1, 2), by_arguments.flatten(2)));
  }

 private:
  [[nodiscard]] std::int64_t steps() const { return network_.rows.steps; }
  [[nodiscard]] Tensor by_steps(const Tensor& all) const { return all.unflatten(2, {steps(), -1}); }

  /// dL/dh of the last state. Adds derivatives by the readout's tensors to `of_parameters`, unless it is null.
  [[nodiscard]] Tensor through_readout(Tensor logits, std::vector<Tensor>* of_parameters) const {
    const Tensor last = output.hidden.back().transpose(1, 2);
    if (network_.dividing_readout == nullptr) {
      if (of_parameters != nullptr) *of_parameters = {product(logits, last), logits.sum(2)};
      return product(network_.readout.transpose(1, 2), logits);
    }
    const auto found = network_.dividing_readout->backward(readout_, std::move(logits), of_parameters != nullptr);
    if (of_parameters != nullptr) {
      network_.dividing_readout->collect(product(found.currents, last), found, *of_parameters);
    }
    return product(readout_.both.transpose(1, 2), found.currents);
  }

  /// Derivatives [E, N, steps, B] by the nonlinearity's arguments, of those by the last state and by all states.
  [[nodiscard]] Tensor through_time(const Tensor& by_last, OutputGradient& gradient) const {
    Tensor all = by_steps(empty_rows(states_.size(0), states_.size(1), steps() * states_.size(3), states_.options()));
    const Tensor back = weight_.transpose(1, 2);
    for (std::int64_t step = steps() - 1; step >= 0; --step) {
      Tensor here = all.select(2, step);
      const Tensor own = gradient.of_hidden(static_cast<std::size_t>(step));
      if (own.defined()) {
        here.copy_(own);
      } else {
        here.zero_();
      }
      if (step + 1 == steps()) {
        here.add_(by_last);
      } else {
        add_product(here, back, all.select(2, step + 1));
      }
      const Tensor z = arguments_.defined() ? arguments_.select(2, step) : Tensor();
      multiply_by_slope(network_.activation, here, z, states_.select(2, step));
    }
    return all;
  }

  RecurrentNetwork network_;
  Inputs rows_;                // [G, steps * B, inputs]
  Tensor of_inputs_, weight_;  // effective U [E, N, inputs] and W [E, N, N]
  Tensor states_, arguments_;  // [E, N, steps, B]; arguments are kept if the nonlinearity's slope needs them
  DannLayer::Kept readout_;
};

}  // namespace

Tensor by_rows(const ImageRows& rows, const Tensor& x) {
  const std::int64_t groups = x.size(0), batch = x.size(1);
  const Tensor images = x.reshape({groups, batch, rows.channels, rows.steps, rows.columns});
  return images.permute({0, 3, 1, 2, 4}).reshape({groups, rows.steps * batch, rows.inputs()});
}

std::unique_ptr<Pass> run_recurrent(const RecurrentNetwork& network, const Inputs& inputs) {
  return std::make_unique<RecurrentPass>(network, inputs);
}

}  // namespace eigensweep::models
