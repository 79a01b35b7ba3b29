// SPDX-License-Identifier: MIT
#include "eigensweep/study/declare/training.hpp"

#include <fmt/format.h>

namespace eigensweep::study {

Fields<Training> Training::fields() {
  Fields<Training> fields;
  fields.integer("epochs", &Training::epochs, {1, 1e6}, "passes over the training set")
      .integer("batch_size", &Training::batch_size, {1, 1e7},
               "samples per optimiser step; a penalised layer wants more than its width")
      .choice("batch_order", &Training::batch_order, {{"per_seed", Order::per_seed}, {"shared", Order::shared}},
              "whether a trial's seed decides the order of samples as well as the initial weights, or all seeds see "
              "one order")
      .choice("last_batch", &Training::last_batch, {{"keep", LastBatch::keep}, {"drop", LastBatch::drop}},
              "what becomes of the smaller batch at the end of an epoch")
      .choice(
          "loss", &Training::loss, {{"cross_entropy", Loss::cross_entropy}, {"mse", Loss::mse}},
          "what is minimised; mse is the mean over samples and classes of the squared distance to the one-hot label")
      .number("target_offset", &Training::target_offset, {0, 1},
              "what 'mse' subtracts from one-hot labels: 0.1 gives targets -0.1 and 0.9")
      .number("stop_loss", &Training::stop_loss, {0, 1e9},
              "training of a trial ends after the first epoch whose mean task loss is not above this; 0: never early")
      .integer("snapshots", &Training::snapshots, {0, 1000},
               "how many networks on the way, at epochs evenly spaced in their logarithm, are kept for metrics that "
               "follow the training")
      .choice("limit_time", &Training::limit_time, {{"same", LimitTime::same}, {"end", LimitTime::end}},
              "how long a network of infinite width is trained: for the time of learning rate and steps, or to the end")
      .choice("rate_rule", &Training::rate_rule,
              {{"fixed", RateRule::fixed}, {"over_width", RateRule::over_width}, {"mup", RateRule::mup}},
              "how learning rates follow width / base_width: not at all, inversely, or by muP's table for each layer")
      .integer("warmup_epochs", &Training::warmup_epochs, {0, 1e6},
               "epochs over which the learning rate grows linearly to its value")
      .choice("adversary", &Training::adversary,
              {{"none", Adversary::none}, {"fgsm", Adversary::fgsm}, {"pgd", Adversary::pgd}},
              "adversarial training: each batch is joined by its copy perturbed in this way, half and half")
      .number("adversary_epsilon", &Training::adversary_epsilon, {0, 1},
              "radius of the L-infinity ball of adversarial training")
      .unit("pixel")
      .integer("adversary_steps", &Training::adversary_steps, {1, 1e6},
               "gradient steps of the adversary 'pgd', from a random start")
      .number("adversary_relative_step", &Training::adversary_relative_step, {0, 10, true},
              "its step size as a share of adversary_epsilon");
  return add_compute(fields, &Training::compute, "products of the network's layers, those of an adversary among them");
}

std::string refuse_training(const Training& training, const DatasetInfo& dataset) {
  if (training.drops_last() && training.batch_size > dataset.train_samples) {
    return fmt::format(
        "batch_size {} exceeds the {} training samples and last_batch 'drop' leaves no step; choose a smaller batch",
        training.batch_size, dataset.train_samples);
  }
  if (training.warmup_epochs > training.epochs) {
    return fmt::format("warmup_epochs {} exceeds epochs {}, so the learning rate never arrives; choose fewer",
                       training.warmup_epochs, training.epochs);
  }
  return "";
}

std::string warn_of_batch(const Training& training, const DatasetInfo& dataset) {
  if (training.batch_size <= dataset.train_samples) return "";
  return fmt::format("{} exceeds the {} training samples, so an epoch is one step on all of them; choose at most {}",
                     training.batch_size, dataset.train_samples, dataset.train_samples);
}

std::int64_t steps_per_epoch(const Training& training, const DatasetInfo& dataset) {
  return (dataset.train_samples + (training.drops_last() ? 0 : training.batch_size - 1)) / training.batch_size;
}

SampleCounts sample_counts(const Training& training, const DatasetInfo& dataset) {
  SampleCounts samples;
  samples.train = dataset.train_samples;
  samples.batch_size = training.batch_size;
  samples.drops_last = training.drops_last();
  const std::int64_t rest = samples.train % samples.batch_size;
  samples.smallest_batch = rest == 0 || samples.drops_last ? samples.batch_size : rest;
  const double each = adversary_work(training).samples;
  samples.step = static_cast<std::int64_t>(static_cast<double>(samples.batch_size) * each);
  samples.smallest_step = static_cast<std::int64_t>(static_cast<double>(samples.smallest_batch) * each);
  return samples;
}

AdversaryWork adversary_work(const Training& training) {
  if (!training.has_adversary()) return {};
  return {2.0, training.adversary == Training::Adversary::pgd ? static_cast<double>(training.adversary_steps) : 1.0};
}

}  // namespace eigensweep::study
