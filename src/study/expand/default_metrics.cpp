// SPDX-License-Identifier: MIT
// A section "metrics" takes the place of the default ones, which a user may not expect of a section that adds one.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "eigensweep/core/text.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "warnings.hpp"

namespace eigensweep::study {
namespace {

/// Whether a metric says how many samples the network classifies right, of whatever part of the data.
bool measures_accuracy(const Kind& kind) {
  return std::any_of(kind.columns.begin(), kind.columns.end(),
                     [](const Column& column) { return column.name.ends_with("_accuracy"); });
}

}  // namespace

std::vector<std::string> default_metric_warnings(const Study& study, const Catalog& catalog) {
  std::set<const std::vector<Evaluation>*> seen;  // trials share lists, and a grid may have a million trials
  for (const Trial& trial : study.trials) {
    if (!seen.insert(&study.evaluations(trial)).second) continue;
    bool has_metrics = false;
    bool has_accuracy = false;
    for (const Evaluation& evaluation : study.evaluations(trial)) {
      if (evaluation.family != Family::metric) continue;
      has_metrics = true;
      has_accuracy = has_accuracy || measures_accuracy(*catalog.find(Family::metric, evaluation.kind));
    }
    if (!has_metrics || has_accuracy) continue;  // the study wants none, or has one
    return {fmt::format(
        "/metrics: takes the place of the default metrics {}, so there is no test accuracy; add \"{}\": {{}} for it",
        text::quoted_list(default_metrics()), default_metrics().front())};
  }
  return {};
}

}  // namespace eigensweep::study
