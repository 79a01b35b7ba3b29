// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eigensweep/study/kind.hpp"

namespace eigensweep::study {

/// The options of the section "output".
Options output_options();

/// The columns of a training record: group "history" of the results file, dimension "epoch".
std::vector<Column> history_columns();

/// A word that no penalty, attack or metric may be called, and what it means already.
struct ReservedLabel {
  std::string word;
  std::string meaning;
};
const std::vector<ReservedLabel>& reserved_labels();

/// Why batches of one sample are none for `what` ("batch norm"), which takes a statistic over a batch of `smallest`
/// samples at least, with the ways out; or "".
std::string refuse_single_samples(const SampleCounts& samples, std::int64_t smallest, std::string_view what);

/// What the dataset of a resolved "dataset" section is (its kind's `info`). Throws DataError.
DatasetInfo dataset_info(const Catalog& catalog, const Json& dataset);

/// What of a resolved "dataset" section is part of a trial, as canonical text: without defaults and without where its
/// files lie. Under one such text a study has one content.
std::string dataset_identity(const Catalog& catalog, const Json& dataset);

/// Raised whenever the same configuration would train a different network: part of every trial's identity, so that
/// results of different recipes never mix.
inline constexpr int recipe_version = 1;

}  // namespace eigensweep::study
