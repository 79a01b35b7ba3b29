// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "eigensweep/models/model.hpp"
#include "eigensweep/study/declare/training.hpp"
#include "eigensweep/training/batches.hpp"

namespace eigensweep::training {

/// Adversarial training: every batch is joined by its own perturbed copy, half clean and half adversarial, as in
/// Nassar et al.'s code. Perturbed in training mode, so batch statistics are those of the perturbed batch.
class Adversary {
 public:
  /// `seeds`: the lanes' trial seeds; `dataset`: whose range bounds
  /// inputs.
  Adversary(const study::Training& training, std::vector<std::uint64_t> seeds, const study::DatasetInfo& dataset);

  [[nodiscard]] bool is_on() const noexcept { return steps_ > 0; }
  /// `batch` with twice the samples and inputs of every lane's own; `samples` stays the number of clean ones, which
  /// come first.
  [[nodiscard]] Batch join(const Batch& batch, models::Model& model, std::int64_t global_step) const;

 private:
  std::vector<std::uint64_t> seeds_;
  double epsilon_;
  double lower_;
  double upper_;
  std::int64_t steps_ = 0;  // 0: off
  double relative_step_ = 1.0;
  bool random_start_ = false;
};

}  // namespace eigensweep::training
