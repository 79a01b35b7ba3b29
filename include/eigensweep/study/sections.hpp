// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eigensweep/study/kind.hpp"

namespace eigensweep::study {

/// The options of the study file's sections that are no families of kinds.
Options training_options();  ///< "training" (beside "optimizer" and "schedule", which are kinds)
Options output_options();    ///< "output"

/// The columns of a training record: group "history" of the results file, dimension "epoch".
std::vector<Column> history_columns();

/// A word that no penalty, attack or metric may be called, and what it means already.
struct ReservedLabel {
  std::string word;
  std::string meaning;
};
const std::vector<ReservedLabel>& reserved_labels();

/// Says in one line why training with these resolved options ("training") is impossible on that dataset, or "".
std::string refuse_training(const Json& training, const DatasetInfo& dataset);

/// Optimiser steps of one epoch, by "batch_size" and "last_batch".
std::int64_t steps_per_epoch(const Json& training, const DatasetInfo& dataset);

/// What training with these resolved options shows a network in a step and in an epoch.
SampleCounts sample_counts(const Json& training, const DatasetInfo& dataset);

/// Why batches of one sample are none for `what` ("batch norm"), which takes a statistic over a batch of `smallest`
/// samples at least, with the ways out; or "".
std::string refuse_single_samples(const SampleCounts& samples, std::int64_t smallest, std::string_view what);

/// What adversarial training adds to a step: samples for each clean one, and gradients to the input.
struct AdversaryWork {
  double samples = 1;
  double gradients = 0;
};
AdversaryWork adversary_work(const Json& training);

/// What the dataset of a resolved "dataset" section is (its kind's `info`). Throws DataError.
DatasetInfo dataset_info(const Catalog& catalog, const Json& dataset);

/// What of a resolved "dataset" section is part of a trial, as canonical text: without defaults and without where its
/// files lie. Under one such text a study has one content.
std::string dataset_identity(const Catalog& catalog, const Json& dataset);

/// Raised whenever the same configuration would train a different network: part of every trial's identity, so that
/// results of different recipes never mix.
inline constexpr int recipe_version = 1;

}  // namespace eigensweep::study
