// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "eigensweep/results/write/results_file.hpp"

namespace eigensweep::results {

/// Attacks whose intensity has the same name. They form one group of the file.
struct AttackGroup {
  std::string group;             ///< "attacks"; "attacks_<intensity>" for another intensity than epsilon
  std::string attack_dimension;  ///< "attack"; "attack_<intensity>"
  std::string intensity;         ///< "epsilon": the name of its dimension; "" for attacks without one
  std::string unit;              ///< of the intensity
  std::vector<std::string> labels;
  std::vector<std::string> kinds;    ///< one per label
  std::vector<std::string> options;  ///< one per label, JSON
  std::vector<double> intensities;   ///< ascending, of all its attacks
  std::vector<study::Column> columns;
};

/// What a procedure records of each trial.
struct ProcedureGroup {
  std::string group;  ///< "history"
  std::string kind;   ///< of the procedure
  std::vector<study::Column> columns;
};

struct MetricGroup {
  std::string group;
  std::string label;
  std::string kind;
  std::string options;  ///< JSON
  std::vector<study::Column> columns;
};

/// What the file of a study holds and where: everything that must be known before the first byte is written.
struct Layout {
  std::vector<std::string> coordinates;  ///< the variable of each training and replicate axis, in their order
  std::vector<ProcedureGroup> procedures;
  std::vector<AttackGroup> attacks;
  std::vector<MetricGroup> metrics;
  std::map<std::string, std::size_t> lengths;  ///< dimensions that follow from results: "epoch", "layer", ...
};
Layout make_layout(const study::Study& study, const study::Catalog& catalog, const RecordStore& store);

/// The evaluation with that label in a trial's list; null if there is none.
const study::Evaluation* find_evaluation(const std::vector<study::Evaluation>& evaluations, study::Family family,
                                         const std::string& label);

/// Variables on `trial` beside the axes, and of every group beside the declared columns: names that no column of a kind
/// may take.
extern const std::vector<std::string> trial_variables;
extern const std::vector<std::string> group_variables;

}  // namespace eigensweep::results
