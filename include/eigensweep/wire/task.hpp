// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/wire/fields.hpp"

namespace eigensweep::wire {

/// A lane of a task: one trial, whole, as a worker needs it.
struct TaskLane {
  std::string trial;       ///< trial id
  Json config;             ///< resolved {dataset, model, training, regularizers, seed}
  bool train = true;       ///< false: load `model_file` and only evaluate
  std::string model_file;  ///< where the trained network is kept or loaded from; "" keeps none
};

/// As study::Evaluation, on the wire.
struct TaskEvaluation {
  std::string id;
  std::string family;  ///< "attack" or "metric"
  std::string label;
  std::string kind;
  Json options;
  std::vector<double> intensities;
};

/// What a worker is asked to do: a pack, whole. `eigensweep-worker --task FILE` reads the same as JSON text.
struct PackTask {
  std::string pack;
  std::vector<TaskLane> lanes;
  std::vector<TaskEvaluation> evaluations;
  std::string dataset_sha256;   ///< what the content of the lanes' dataset must be; "" takes any
  std::string checkpoint_file;  ///< read if it is there, written when asked to stop; "" for none
  double checkpoint_every = 0;  ///< seconds after which it is also written at the end of an epoch; 0: never
};

Json to_json(const PackTask& task);
/// Throws DataError naming the field that is missing or of the wrong kind.
PackTask task_from_json(const Json& json);

/// The task as the bytes of RunPack and Give.
Bytes encode(const PackTask& task);
/// Throws DataError when the bytes are no task.
PackTask decode_task(const Bytes& bytes);

}  // namespace eigensweep::wire
