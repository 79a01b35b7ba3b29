// SPDX-License-Identifier: MIT
// Writes a small results file, and a JSON file with the numbers that a reader must find in it. If a number follows the
// file's name, the study has odd labels, from that index of the list on. Past the list's end the exit code is 1.
#include <fstream>
#include <iostream>

#include "eigensweep/core/error.hpp"
#include "labels.hpp"

using namespace eigensweep;

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) return 2;
  const std::string file = argv[1];
  const std::vector<std::string>& odd = odd_labels();
  const std::size_t first = argc == 3 ? std::stoul(argv[2]) : 0;
  if (first >= odd.size()) return 1;
  const auto label = [&](std::size_t i) { return odd[(first + i) % odd.size()]; };
  const study::Study study = argc == 2 ? small_study() : study_from(labelled_study(label(0), label(1), label(7)));
  const results::RecordStore store = small_store(study);
  results::write_results(file, study, small_catalog(), store, {{"given", "by the test"}});
  Json expected = Json::array();
  for (const study::Cell& cell : study.cells) {
    const study::Trial& trial = study.trials[cell.trial];
    Json row{{"trial_id", trial.id}, {"coordinates", Json::object()}, {"columns", Json::object()}};
    for (std::size_t i = 0; i < study.axes.size() && study.axes[i].role != study::Role::evaluation; ++i)
      row["coordinates"][study.axes[i].name] = study.coordinate(cell, i);
    const wire::Record* training = store.training(trial.id);
    row["status"] = training == nullptr ? "missing" : wire::to_string(training->status);
    for (const auto& [name, array] : training == nullptr ? decltype(training->columns){} : training->columns)
      row["columns"]["history/" + name] = {{"shape", array.shape}, {"values", array.values()}};
    for (const study::Evaluation& evaluation : study.evaluations(trial)) {
      const wire::Record* record = store.evaluation(trial.id, evaluation.id);
      if (record == nullptr) continue;
      const bool is_attack = evaluation.family == study::Family::attack;
      for (const auto& [name, array] : record->columns) {
        Json found{{"shape", array.shape}, {"values", array.values()}};
        if (is_attack) found["strengths"] = record->intensities;
        found["family"] = study::family_name(evaluation.family);
        row["columns"][(is_attack ? "attacks/" + evaluation.label : evaluation.label) + "/" + name] = found;
      }
    }
    expected.push_back(row);
  }
  std::ofstream(file + ".json") << expected.dump();
  return 0;
}
