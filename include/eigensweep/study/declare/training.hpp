// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "eigensweep/study/declare/compute.hpp"
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::study {

/// The section "training", beside "optimizer" and "schedule", which are kinds.
struct Training {
  enum class Order { per_seed, shared };
  enum class LastBatch { keep, drop };
  enum class Loss { cross_entropy, mse };
  enum class LimitTime { same, end };
  enum class RateRule { fixed, over_width, mup };
  enum class Adversary { none, fgsm, pgd };

  std::int64_t epochs = 20;
  std::int64_t batch_size = 512;
  Order batch_order = Order::per_seed;
  LastBatch last_batch = LastBatch::keep;
  Loss loss = Loss::cross_entropy;
  double target_offset = 0.0;
  double stop_loss = 0.0;
  std::int64_t snapshots = 0;
  LimitTime limit_time = LimitTime::same;
  RateRule rate_rule = RateRule::fixed;
  std::int64_t warmup_epochs = 0;
  Adversary adversary = Adversary::none;
  double adversary_epsilon = 0.1;
  std::int64_t adversary_steps = 7;
  double adversary_relative_step = 0.25;
  Compute compute = Compute::float32;

  [[nodiscard]] bool drops_last() const { return last_batch == LastBatch::drop; }
  /// Whether training adds perturbed copies to its batches.
  [[nodiscard]] bool has_adversary() const { return adversary != Adversary::none && adversary_epsilon > 0; }

  static Fields<Training> fields();
};

/// Says in one line why training is impossible on that dataset, or "".
std::string refuse_training(const Training& training, const DatasetInfo& dataset);

/// Says in one line what a user may not expect of training on that dataset, or "".
std::string warn_of_batch(const Training& training, const DatasetInfo& dataset);

/// Optimiser steps of one epoch.
std::int64_t steps_per_epoch(const Training& training, const DatasetInfo& dataset);

/// How many samples training shows a network in a step and in an epoch.
SampleCounts sample_counts(const Training& training, const DatasetInfo& dataset);

/// What adversarial training adds to a step: samples for each clean one, and gradients to the input.
struct AdversaryWork {
  double samples = 1;
  double gradients = 0;
};
AdversaryWork adversary_work(const Training& training);

}  // namespace eigensweep::study
