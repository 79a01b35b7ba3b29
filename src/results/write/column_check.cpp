// SPDX-License-Identifier: MIT
#include "column_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "eigensweep/study/declare/procedure.hpp"

namespace eigensweep::results {
namespace {

/// The rule of place_array(). A column without dimensions also takes an array of one number, whatever its dimensions.
bool fits(const wire::Array& array, std::size_t dimensions) {
  return array.shape.size() == dimensions || (dimensions == 0 && array.size() == 1);
}

class Check {
 public:
  /// `leading`: dimensions before the declared ones (the intensity); `config`: gives the trial's.
  void compare(const std::string& who, const std::vector<study::Column>& declared, const wire::Record& record,
               std::size_t leading, const Json& options, const std::function<Json()>& config) {
    for (const study::Column& column : declared) {
      const auto found = record.columns.find(column.name);
      const std::size_t dimensions = (column.per_intensity ? leading : 0) + column.dims.size();
      if (found == record.columns.end()) {
        if (!column.returned_if || column.returned_if(options, config())) {
          say(
              fmt::format("{} gave no '{}', which it declares (a bug, or results of an older version); its numbers are "
                          "missing in results.h5",
                          who, column.name));
        }
      } else if (!fits(found->second, dimensions)) {
        say(fmt::format("{} gave '{}' with {} dimensions and declares {} (a bug); its numbers are in the ledger alone",
                        who, column.name, found->second.shape.size(), dimensions));
      }
    }
    for (const auto& entry : record.columns) {
      const std::string& name = entry.first;
      const bool is_declared = std::any_of(declared.begin(), declared.end(),
                                           [&](const study::Column& column) { return column.name == name; });
      if (is_declared) continue;
      say(
          fmt::format("{} gave '{}', which it does not declare (a bug, or results of a newer version); its numbers are "
                      "in the ledger alone",
                      who, name));
    }
  }

  std::vector<std::string> take() { return std::move(words_); }

 private:
  void say(std::string words) {
    if (said_.insert(words).second) words_.push_back(std::move(words));
  }

  std::vector<std::string> words_;
  std::set<std::string> said_;
};

}  // namespace

std::vector<std::string> column_warnings(const study::Study& study, const study::Catalog& catalog,
                                         const RecordStore& store) {
  Check check;
  for (const study::Trial& trial : study.trials) {
    const auto config = [&] { return study.config(trial); };  // only for a missing column, because grids are large
    const wire::Record* trained = store.training(trial.id);
    if (trained != nullptr && trained->status == wire::Status::ok) {
      const study::Kind* procedure = catalog.find(study::Family::procedure, study.procedure(trial));
      const std::string who = procedure->name == study::usual_procedure
                                  ? "the training"
                                  : fmt::format("the procedure '{}'", procedure->name);
      check.compare(who, procedure->columns, *trained, 0, Json::object(), config);
    }
    for (const study::Evaluation& evaluation : study.evaluations(trial)) {
      const wire::Record* record = store.evaluation(trial.id, evaluation.id);
      if (record == nullptr || record->status != wire::Status::ok) continue;
      const std::string who =
          fmt::format("{} '{}' of kind '{}'", study::family_name(evaluation.family), evaluation.label, evaluation.kind);
      check.compare(who, catalog.find(evaluation.family, evaluation.kind)->columns, *record,
                    evaluation.intensity_name.empty() ? 0 : 1, evaluation.options, config);
    }
  }
  return check.take();
}

}  // namespace eigensweep::results
