// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/models/model.hpp"
#include "eigensweep/models/parametrisation.hpp"

namespace eigensweep::models {

/// Sizes of a layer of a Dale artificial neural network, and what its initial law depends on.
struct DannSizes {
  std::int64_t inputs = 0;
  std::int64_t units = 0;       ///< excitatory ones
  std::int64_t inhibitory = 0;  ///< units beside them
  Layer role = Layer::hidden;
  bool has_corrected_gradients = true;
};

/// Exponentially distributed initial weights of every lane [E, ...shape] with this mean, float32, on the CPU, keyed by
/// (seed, initial_weights, stream).
Tensor exponential_weights(const std::vector<std::uint64_t>& seeds, std::uint64_t stream, double mean,
                           const std::vector<std::int64_t>& shape);

/// Mean of a DANN's initial weights Wex and Wix of a layer with so many inputs: rectified standard normal activities
/// then give the excitation Wex x a variance of 1. The layer that reads pixels has a law of its own.
double initial_size(Layer role, std::int64_t inputs);

/// E layers of Dale artificial neural networks (Cornford et al. 2021):
///
///   z = g (Wex x - Wei Wix x) / gamma + b,   gamma = (exp(alpha) Wei) Wix x + 1e-8
///
/// with Wex, Wix, Wei and g not negative. Divided by gamma the layer is like layer norm.
class DannLayer {
 public:
  /// Draws from the lanes' seeds with the streams `stream` and `stream` + 1 and adds its tensors to `parameters`, as
  /// "<place>.Wex" and so on.
  DannLayer(const DannSizes& sizes, const std::vector<std::uint64_t>& seeds, std::uint64_t stream, std::int64_t place,
            const torch::Device& device, std::vector<NamedTensor>& parameters);

  /// z [E, units, B] of h [E, inputs, B]; differentiable.
  [[nodiscard]] Tensor operator()(const Tensor& h) const;
  /// The same of the network's inputs.
  [[nodiscard]] Tensor operator()(const Inputs& inputs) const;

  /// What the backward pass of a layer reads.
  struct Kept {
    Tensor both;           ///< Wex, and below it Wix [E, units + inhibitory, inputs]
    Tensor dividing;       ///< exp(alpha) Wei [E, units, inhibitory]
    Tensor of_inhibitory;  ///< Wix h [E, inhibitory, B]
    Tensor gamma;          ///< [E, units, B]
    Tensor quotient;       ///< (Wex h - Wei Wix h) / gamma [E, units, B]
  };
  /// z without autograd.
  Tensor run(const Tensor& h, Kept& kept) const;
  Tensor run(const Inputs& inputs, Kept& kept) const;

  /// Derivatives by what the layer's matrices give, and by its other tensors.
  struct Gradients {
    Tensor currents;                       ///< by Wex h, and below it Wix h: [E, units + inhibitory, B]
    Tensor inhibition, alpha, gain, bias;  ///< undefined unless they were asked for
  };
  /// The chain rule of `gradient` [E, units, B] by z. Overwrites it.
  [[nodiscard]] Gradients backward(const Kept& kept, Tensor gradient, bool of_parameters) const;
  /// Adds the derivatives by all tensors of the layer, in their order, where `both` [E, units + inhibitory, inputs] is
  /// that by Kept::both.
  void collect(const Tensor& both, const Gradients& of_layer, std::vector<Tensor>& gradients) const;

  /// The weights by which the inputs raise and lower the units, both [E, units, inputs], before the division.
  [[nodiscard]] SignedWeights weights() const;
  /// Its units, which excite, and those beside them that inhibit.
  [[nodiscard]] std::vector<HiddenUnits> units() const;

 private:
  /// What Wex, and below it Wix, are multiplied to.
  [[nodiscard]] Tensor stacked() const { return torch::cat({excitatory_, inhibitory_}, 1); }
  /// z of both products [E, units + inhibitory, B].
  [[nodiscard]] Tensor of_currents(const Tensor& currents) const;
  [[nodiscard]] Tensor of_currents(const Tensor& currents, Kept& kept) const;
  /// What gamma is a product of with Wix h: exp(alpha) Wei [E, units, inhibitory].
  [[nodiscard]] Tensor dividing() const { return inhibition_ * alpha_.exp().unsqueeze(1); }

  Tensor excitatory_;  // Wex [E, units, inputs]
  Tensor inhibitory_;  // Wix [E, inhibitory, inputs]
  Tensor inhibition_;  // Wei [E, units, inhibitory]
  Tensor alpha_;       // [E, inhibitory]
  Tensor gain_;        // g [E, units]
  Tensor bias_;        // b [E, units]
};

}  // namespace eigensweep::models
