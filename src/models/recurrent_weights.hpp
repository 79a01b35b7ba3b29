// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/models/model.hpp"
#include "eigensweep/models/network_options.hpp"
#include "eigensweep/models/parametrisation.hpp"

namespace eigensweep::models {

/// Where a matrix of a recurrent network stands.
struct RecurrentPlace {
  std::string name;  ///< of its tensor, "0.U"
  Layer role = Layer::hidden;
  std::int64_t inputs = 0;
  std::uint64_t stream = 0;  ///< of its initial draws, with the next one
};

/// A matrix [E, units, inputs] that a recurrent network multiplies its inputs or its state by. With a layer "dann" it
/// is Wex - Wei Wix: what excites, less what linear inhibitory units in between take off (Cornford et al. 2021, the
/// recurrent networks), without a division.
class RecurrentWeights {
 public:
  /// Draws from the lanes' seeds and adds its tensors to `parameters`.
  RecurrentWeights(const RecurrentPlace& place, const NetworkOptions& network, const std::vector<std::uint64_t>& seeds,
                   const torch::Device& device, std::vector<NamedTensor>& parameters);

  /// Differentiable.
  [[nodiscard]] Tensor effective() const;
  /// Adds derivatives by the trained tensors, in their order, where `gradient` is that by effective().
  void add_gradients(const Tensor& gradient, std::vector<Tensor>& gradients) const;
  /// What excites and what inhibits.
  [[nodiscard]] SignedWeights apart() const;
  /// Adds the tensors whose rows belong to the state's units, and the inhibitory units in between, if there are any.
  void add_units(HiddenUnits& state, std::vector<HiddenUnits>& between) const;

 private:
  Tensor weight_;      // Wex where there is inhibition
  Tensor inhibitory_;  // Wix [E, inhibitory, inputs]
  Tensor inhibition_;  // Wei [E, units, inhibitory]
};

}  // namespace eigensweep::models
