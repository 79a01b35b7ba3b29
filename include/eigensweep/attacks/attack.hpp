// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eigensweep/attacks/norm.hpp"
#include "eigensweep/core/json.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/wire/measurement.hpp"

namespace eigensweep::attacks {

using torch::Tensor;

/// What is attacked: E trained networks on the same n samples.
struct Problem {
  models::Model& model;               ///< in evaluation mode; its parameters need no gradients
  Tensor inputs;                      ///< [n, d] float in [lower, upper]
  Tensor labels;                      ///< [n] int64
  std::vector<std::int64_t> samples;  ///< n ids (index in the split): keys of random starts
  std::vector<std::uint64_t> seeds;   ///< E trial seeds: keys of random starts
  double lower = 0.0;
  double upper = 1.0;
  std::vector<std::int64_t> shape{};  ///< of a sample as an image: {channels, height, width}, d in all

  /// `samples` as a tensor [n] int64 on the device of `inputs`.
  [[nodiscard]] Tensor sample_ids() const { return torch::tensor(samples, torch::kInt64).to(inputs.device()); }
};

/// Receives the perturbed samples [E, n, d] of one intensity.
using Visit = std::function<void(std::size_t intensity_index, const Tensor& perturbed)>;

/// A perturbation of inputs. It runs at all its intensities on one set of trained networks; intensity 0 changes
/// nothing.
class Attack {
 public:
  Attack() = default;
  virtual ~Attack() = default;
  Attack(const Attack&) = delete;
  Attack& operator=(const Attack&) = delete;
  /// Calls `visit` once per intensity, in the order given. Results do not depend on n's split into batches, on the
  /// other lanes, nor (where the kind says so) on the other intensities.
  virtual void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) = 0;
  /// The norm of its balls: evaluate_robustness() then records how far the nearest misclassified point lies of those
  /// that `visit` receives. Nothing: the attack records it itself, or has no balls.
  [[nodiscard]] virtual std::optional<Norm> norm() const { return std::nullopt; }
  /// After the last batch: adds the columns that this kind declares beside those of every attack, one Measurement per
  /// lane.
  virtual void add_columns(std::vector<wire::Measurement>& /*lanes*/) const {}
};

/// `options`: the resolved options of the kind, without its intensity.
std::unique_ptr<Attack> make_attack(const std::string& kind, const Json& options);

}  // namespace eigensweep::attacks
