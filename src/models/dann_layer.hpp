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
  /// The weights by which the inputs raise and lower the units, both [E, units, inputs], before the division.
  [[nodiscard]] SignedWeights weights() const;
  /// Its units, which excite, and those beside them that inhibit.
  [[nodiscard]] std::vector<HiddenUnits> units() const;

 private:
  /// What Wex, and below it Wix, are multiplied to.
  [[nodiscard]] Tensor stacked() const { return torch::cat({excitatory_, inhibitory_}, 1); }
  /// z of both products [E, units + inhibitory, B].
  [[nodiscard]] Tensor of_currents(const Tensor& currents) const;

  Tensor excitatory_;  // Wex [E, units, inputs]
  Tensor inhibitory_;  // Wix [E, inhibitory, inputs]
  Tensor inhibition_;  // Wei [E, units, inhibitory]
  Tensor alpha_;       // [E, inhibitory]
  Tensor gain_;        // g [E, units]
  Tensor bias_;        // b [E, units]
};

}  // namespace eigensweep::models
