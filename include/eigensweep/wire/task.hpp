// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/wire/fields.hpp"

namespace eigensweep::wire {

/// A lane of a task: all that a worker needs to know of one trial.
struct TaskLane {
  std::string trial;       ///< trial id
  Json config;             ///< resolved {dataset, model, training, regularizers, seed}
  bool train = true;       ///< false: load `model_file` and only evaluate
  std::string model_file;  ///< where the trained network is saved to or loaded from; "" saves none
};

/// A study::Evaluation as it is sent to a worker.
struct TaskEvaluation {
  std::string id;
  std::string family;  ///< "attack" or "metric"
  std::string label;
  std::string kind;
  Json options;
  std::vector<double> intensities;
};

/// A pack as it is sent to a worker. `eigensweep-worker --task FILE` reads the same as JSON text.
struct PackTask {
  std::string pack;
  std::vector<TaskLane> lanes;
  std::vector<TaskEvaluation> evaluations;
  std::string dataset_sha256;   ///< the hash that the lanes' dataset must have; "" accepts any
  std::string checkpoint_file;  ///< read if it exists, written when the worker is asked to stop; "" for none
  double checkpoint_every = 0;  ///< seconds; also written at the first end of an epoch after so long; 0: never
  Json packs_for;               ///< the device that packs are made for, for the records' provenance; null: none
};

Json to_json(const PackTask& task);
/// Throws DataError, which names the field that is missing or has the wrong type.
PackTask task_from_json(const Json& json);

/// Encodes the task as the `bytes` of RunPack and Give.
Bytes encode(const PackTask& task);
/// Throws DataError when the bytes are not a task.
PackTask decode_task(const Bytes& bytes);

}  // namespace eigensweep::wire
