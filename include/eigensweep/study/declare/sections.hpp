// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::study {

/// The options of the section "output".
Options output_options();

/// The columns of a training record: group "history" of the results file, dimension "epoch".
std::vector<Column> history_columns();

/// A word that may not label a penalty, attack or metric, and the meaning that it already has.
struct ReservedLabel {
  std::string word;
  std::string meaning;
};
const std::vector<ReservedLabel>& reserved_labels();

/// Why `what` ("batch norm") cannot train if the smallest batch has one sample (`smallest` is 1), with the ways out; or
/// "". `what` takes a statistic over each batch, and a single sample has none.
std::string refuse_single_samples(const SampleCounts& samples, std::int64_t smallest, std::string_view what);

/// Facts of the dataset of a resolved "dataset" section (its kind's `info`). Throws DataError.
DatasetInfo dataset_info(const Catalog& catalog, const Json& dataset);

}  // namespace eigensweep::study
