// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::study {

/// The options of the section "output".
Options output_options();

/// A part of a trial's configuration, with a section of the study file for itself.
struct ConfigSection {
  enum class Form {
    kind,      ///< one kind of the family: {"kind": ..., options}
    labelled,  ///< any number of kinds, each with a label
    training   ///< the options of Training, an optimizer and a schedule
  };
  std::string name;
  Form form = Form::kind;
  Family family = Family::model;  ///< training: unused
};
/// All of them, in the order in which a configuration has them.
const std::vector<ConfigSection>& config_sections();

/// Calls `visit` for the section of every kind in a configuration, with its place ("/training/optimizer").
void for_each_kind(Json& config, const std::function<void(Family, const std::string& path, Json& section)>& visit);
void for_each_kind(const Json& config,
                   const std::function<void(Family, const std::string& path, const Json& section)>& visit);

/// The columns of a training record: group "history" of the results file, dimension "epoch".
std::vector<Column> history_columns();

/// The metrics of a study that does not say what it measures. A section "metrics" takes their place.
const std::vector<std::string>& default_metrics();
/// The same for readers of a list of metrics.
std::string default_metric_words();

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
