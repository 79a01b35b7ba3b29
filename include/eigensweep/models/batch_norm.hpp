// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"

namespace eigensweep::models {

/// What the backward pass of a batch norm reads.
struct NormPass {
  Tensor input;                    ///< [E, N, B]
  Tensor mean, inverse_deviation;  ///< of each unit over the batch: [E * N], empty in evaluation mode
};

/// Batch norm of E lanes with torch.nn.BatchNorm's defaults: batch statistics in training, running ones in evaluation.
class BatchNorm {
 public:
  BatchNorm(std::int64_t lanes, std::int64_t units, const torch::Device& device);

  /// Normalises activations [E, N, B] unit by unit.
  [[nodiscard]] Tensor features(const Tensor& h, Mode mode) const;
  /// features() without autograd. Fills `pass` for backward().
  Tensor features(const Tensor& h, Mode mode, NormPass& pass) const;

  struct Gradients {
    Tensor input;         ///< [E, N, B]
    Tensor weight, bias;  ///< [E, N], undefined unless they were asked for
  };
  /// The chain rule of `gradient` [E, N, B] by the activations that features() returned.
  [[nodiscard]] Gradients backward(const NormPass& pass, const Tensor& gradient, Mode mode, bool of_parameters) const;
  /// Normalises images [B, E * C, H, W] channel by channel.
  [[nodiscard]] Tensor channels(const Tensor& h, Mode mode) const;
  /// Registers weight, bias and running statistics as `name`.weight, ...
  void add_to(const std::string& name, std::vector<NamedTensor>& parameters, std::vector<NamedTensor>& buffers) const;

 private:
  [[nodiscard]] Tensor apply(const Tensor& flat, Mode mode) const;
  Tensor weight_, bias_, running_mean_, running_var_;  // [E, N]
};

}  // namespace eigensweep::models
