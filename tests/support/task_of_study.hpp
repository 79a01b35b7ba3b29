// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/wire/task.hpp"

namespace eigensweep {

/// `evaluations`: a study's or a pack's.
template <typename Evaluations>
std::vector<wire::TaskEvaluation> task_evaluations(const Evaluations& evaluations) {
  std::vector<wire::TaskEvaluation> asked;
  for (const study::Evaluation& evaluation : evaluations) {
    asked.push_back({evaluation.id, std::string(study::family_name(evaluation.family)), evaluation.label,
                     evaluation.kind, evaluation.options, evaluation.intensities});
  }
  return asked;
}

/// All trials of a study as one pack, which trains them and asks for all evaluations of the first one. No network is
/// kept.
inline wire::PackTask task_of_study(const study::Study& study) {
  wire::PackTask task;
  task.pack = "pack";
  for (const study::Trial& trial : study.trials) task.lanes.push_back({trial.id, study.config(trial), true, ""});
  task.evaluations = task_evaluations(study.evaluations(study.trials.front()));
  return task;
}

}  // namespace eigensweep
