// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "eigensweep/attacks/attack.hpp"

namespace eigensweep::attacks {

/// Changes of a network's trained numbers that end with this object: all come back bit for bit.
class NetworkChange {
 public:
  explicit NetworkChange(models::Model& model) : units_(model.hidden_units()) {
    for (models::NamedTensor& parameter : model.parameters()) {
      saved_.emplace_back(parameter.tensor, parameter.tensor.detach().clone());
      if (parameter.tensor.dim() > 2) weights_.push_back(parameter.tensor);
    }
  }
  ~NetworkChange() { undo(); }
  NetworkChange(const NetworkChange&) = delete;
  NetworkChange& operator=(const NetworkChange&) = delete;

  /// [E, N_out, N_in], of convolutions [E, C_out, C_in, k, k]; input layer first, readout last.
  [[nodiscard]] const std::vector<Tensor>& weights() const { return weights_; }
  [[nodiscard]] const std::vector<models::HiddenUnits>& units() const { return units_; }

  void undo() {
    for (auto& [parameter, before] : saved_) parameter.copy_(before);
  }

 private:
  std::vector<std::pair<Tensor, Tensor>> saved_;
  std::vector<Tensor> weights_;
  std::vector<models::HiddenUnits> units_;
};

/// Visits each intensity `draws` times, each time with the samples as they are and a network that `change(change,
/// intensity, draw)` has changed. Intensity 0 is visited once, with the network as it is.
inline void visit_changed(
    const Problem& problem, const std::vector<double>& intensities, std::int64_t draws, const Visit& visit,
    const std::function<void(const NetworkChange&, double intensity, std::int64_t draw)>& change) {
  const Tensor inputs = problem.inputs.expand({problem.model.lanes(), problem.inputs.size(0), problem.inputs.size(1)});
  NetworkChange network(problem.model);
  for (std::size_t i = 0; i < intensities.size(); ++i) {
    for (std::int64_t draw = 0; draw < (intensities[i] == 0 ? 1 : draws); ++draw) {
      if (intensities[i] != 0) change(network, intensities[i], draw);
      visit(i, inputs);
      network.undo();
    }
  }
}

/// The stream of random numbers of one row of a layer's weights in one draw.
inline std::int64_t row_stream(std::int64_t draw, std::size_t layer, std::int64_t row) {
  constexpr std::int64_t rows = std::int64_t{1} << 24, layers = std::int64_t{1} << 16;
  return (draw * layers + static_cast<std::int64_t>(layer)) * rows + row;
}

}  // namespace eigensweep::attacks
