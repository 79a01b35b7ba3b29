// SPDX-License-Identifier: MIT
#include "eigensweep/study/sections.hpp"

#include <fmt/format.h>

#include "eigensweep/core/error.hpp"
#include "identity.hpp"

namespace eigensweep::study {

Options training_options() {
  return Options{}
      .integer("epochs", 20, {1, 1e6}, "passes over the training set")
      .integer("batch_size", 512, {1, 1e7}, "samples per optimiser step; a penalised layer wants more than its width")
      .choice("batch_order", "per_seed", {"per_seed", "shared"},
              "whether a trial's seed decides the order of samples as well as the initial weights, or all seeds see "
              "one order")
      .choice("last_batch", "keep", {"keep", "drop"}, "what becomes of the smaller batch at the end of an epoch")
      .choice(
          "loss", "cross_entropy", {"cross_entropy", "mse"},
          "what is minimised; mse is the mean over samples and classes of the squared distance to the one-hot label")
      .number("target_offset", 0.0, {0, 1}, "what 'mse' subtracts from one-hot labels: 0.1 gives targets -0.1 and 0.9")
      .number("stop_loss", 0.0, {0, 1e9},
              "training of a trial ends after the first epoch whose mean task loss is not above this; 0: never early")
      .integer("snapshots", 0, {0, 1000},
               "how many networks on the way, at epochs evenly spaced in their logarithm, are kept for metrics that "
               "follow the training")
      .choice("limit_time", "same", {"same", "end"},
              "how long a network of infinite width is trained: for the time of learning rate and steps, or to the end")
      .choice("rate_rule", "fixed", {"fixed", "over_width", "mup"},
              "how learning rates follow width / base_width: not at all, inversely, or by muP's table for each layer")
      .integer("warmup_epochs", 0, {0, 1e6}, "epochs over which the learning rate grows linearly to its value")
      .choice("adversary", "none", {"none", "fgsm", "pgd"},
              "adversarial training: each batch is joined by its copy perturbed in this way, half and half")
      .number("adversary_epsilon", 0.1, {0, 1}, "radius of the L-infinity ball of adversarial training")
      .unit("pixel")
      .integer("adversary_steps", 7, {1, 1e6}, "gradient steps of the adversary 'pgd', from a random start")
      .number("adversary_relative_step", 0.25, {0, 10, true}, "its step size as a share of adversary_epsilon");
}

Options output_options() {
  return Options{}.boolean(
      "models", true,
      "keep every trained network as models/<trial>.safetensors, so that later attacks need no training");
}

std::vector<Column> history_columns() {
  return {
      {"loss", {"epoch"}, "f64", "", "mean over the epoch's samples of everything that was minimised"},
      {"task_loss", {"epoch"}, "f64", "", "mean over the epoch's samples of the task's loss alone"},
      {"penalty", {"epoch"}, "f64", "", "mean over the epoch's steps of the penalties, times their strengths"},
      {"train_accuracy", {"epoch"}, "f64", "", "share of the epoch's samples classified right, during training"},
  };
}

std::string refuse_training(const Json& training, const DatasetInfo& dataset) {
  const auto batch_size = training.at("batch_size").get<std::int64_t>();
  if (training.at("last_batch") == "drop" && batch_size > dataset.train_samples) {
    return fmt::format(
        "batch_size {} exceeds the {} training samples and last_batch 'drop' leaves no step; choose a smaller batch",
        batch_size, dataset.train_samples);
  }
  const auto epochs = training.at("epochs").get<std::int64_t>();
  const auto warmup = training.at("warmup_epochs").get<std::int64_t>();
  if (warmup > epochs) {
    return fmt::format("warmup_epochs {} exceeds epochs {}, so the learning rate never arrives; choose fewer", warmup,
                       epochs);
  }
  return "";
}

std::int64_t steps_per_epoch(const Json& training, const DatasetInfo& dataset) {
  const auto batch_size = training.at("batch_size").get<std::int64_t>();
  const bool drop = training.at("last_batch") == "drop";
  return (dataset.train_samples + (drop ? 0 : batch_size - 1)) / batch_size;
}

SampleCounts sample_counts(const Json& training, const DatasetInfo& dataset) {
  SampleCounts samples;
  samples.train = dataset.train_samples;
  samples.batch_size = training.at("batch_size").get<std::int64_t>();
  samples.drops_last = training.at("last_batch") == "drop";
  const std::int64_t rest = samples.train % samples.batch_size;
  samples.smallest_batch = rest == 0 || samples.drops_last ? samples.batch_size : rest;
  const double each = adversary_work(training).samples;
  samples.step = static_cast<std::int64_t>(static_cast<double>(samples.batch_size) * each);
  samples.smallest_step = static_cast<std::int64_t>(static_cast<double>(samples.smallest_batch) * each);
  return samples;
}

std::string refuse_single_samples(const SampleCounts& samples, std::int64_t smallest, std::string_view what) {
  if (smallest != 1) return "";
  const std::string why = fmt::format("{} takes a statistic over each batch, and a single sample has none", what);
  if (samples.train == 1) return fmt::format("there is 1 training sample ({}); give it more", why);
  const auto is_good = [&](std::int64_t size) {
    return size > 1 && (samples.drops_last || samples.train % size != 1 || size > samples.train);
  };
  std::int64_t below = samples.batch_size - 1;
  while (below > 0 && !is_good(below)) --below;
  std::int64_t above = samples.batch_size + 1;
  while (!is_good(above)) ++above;
  const std::string sizes = below > 0 ? fmt::format("{} or {}", below, above) : fmt::format("{}", above);
  if (samples.batch_size == 1) return fmt::format("batch_size is 1 ({}); choose {} or more", why, above);
  return fmt::format(
      "batch_size {} leaves a last batch of 1 of the {} training samples ({}); set last_batch to 'drop', "
      "or choose the batch_size {}",
      samples.batch_size, samples.train, why, sizes);
}

AdversaryWork adversary_work(const Json& training) {
  if (training.at("adversary") == "none" || training.at("adversary_epsilon") == 0.0) return {};
  return {2.0, training.at("adversary") == "pgd" ? training.at("adversary_steps").get<double>() : 1.0};
}

DatasetInfo dataset_info(const Catalog& catalog, const Json& dataset) {
  const Kind& kind = kind_of(catalog, Family::dataset, dataset);
  EIGENSWEEP_EXPECT(kind.info != nullptr);
  return kind.info(dataset);
}

}  // namespace eigensweep::study
