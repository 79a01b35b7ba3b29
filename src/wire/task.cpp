// SPDX-License-Identifier: MIT
#include "eigensweep/wire/task.hpp"

#include "eigensweep/core/error.hpp"
#include "eigensweep/wire/frame.hpp"

namespace eigensweep::wire {
namespace {

enum class Need { required, optional };

/// A field of `json`; null if an optional field is missing. `place` is the JSON pointer of `json` in the task.
const Json* field(const Json& json, const std::string& place, const char* name, Json::value_t kind, Need need) {
  if (!json.is_object()) throw DataError(fmt::format("task:{}: must be an object, not {}", place, json.type_name()));
  const auto found = json.find(name);
  if (found == json.end()) {
    if (need == Need::optional) return nullptr;
    throw DataError(fmt::format("task:{}/{}: is missing", place, name));
  }
  if (found->type() != kind)
    throw DataError(
        fmt::format("task:{}/{}: must be of kind {}, not {}", place, name, Json(kind).type_name(), found->type_name()));
  return &*found;
}

std::string text(const Json& json, const std::string& place, const char* name, Need need = Need::required) {
  const Json* found = field(json, place, name, Json::value_t::string, need);
  return found == nullptr ? "" : found->get<std::string>();
}

const Json& object(const Json& json, const std::string& place, const char* name) {
  return *field(json, place, name, Json::value_t::object, Need::required);
}

/// 0 if it is missing.
double seconds(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end()) return 0;
  if (!found->is_number() || found->get<double>() < 0) {
    throw DataError(fmt::format("task:/{}: must be a number of seconds from 0, not {}", name, json_text(*found)));
  }
  return found->get<double>();
}

std::vector<double> numbers(const Json& json, const std::string& place, const char* name) {
  std::vector<double> values;
  const Json* found = field(json, place, name, Json::value_t::array, Need::optional);
  if (found == nullptr) return values;
  for (const Json& value : *found) {
    if (!value.is_number())
      throw DataError(
          fmt::format("task:{}/{}/{}: must be a number, not {}", place, name, values.size(), value.type_name()));
    values.push_back(value.get<double>());
  }
  return values;
}

TaskLane lane_from_json(const Json& json, const std::string& place) {
  TaskLane lane;
  lane.trial = text(json, place, "trial");
  lane.config = object(json, place, "config");
  const Json* train = field(json, place, "train", Json::value_t::boolean, Need::optional);
  lane.train = train == nullptr || train->get<bool>();
  lane.model_file = text(json, place, "model_file", Need::optional);
  return lane;
}

TaskEvaluation evaluation_from_json(const Json& json, const std::string& place) {
  TaskEvaluation evaluation;
  evaluation.id = text(json, place, "id");
  evaluation.family = text(json, place, "family");
  if (evaluation.family != "attack" && evaluation.family != "metric")
    throw DataError(
        fmt::format("task:{}/family: '{}' is unknown; known are 'attack', 'metric'", place, evaluation.family));
  evaluation.label = text(json, place, "label");
  evaluation.kind = text(json, place, "kind");
  evaluation.options = object(json, place, "options");
  evaluation.intensities = numbers(json, place, "strengths");
  return evaluation;
}

}  // namespace

Json to_json(const PackTask& task) {
  Json lanes = Json::array();
  for (const TaskLane& lane : task.lanes)
    lanes.push_back(
        {{"trial", lane.trial}, {"config", lane.config}, {"train", lane.train}, {"model_file", lane.model_file}});
  Json evaluations = Json::array();
  for (const TaskEvaluation& evaluation : task.evaluations)
    evaluations.push_back({{"id", evaluation.id},
                           {"family", evaluation.family},
                           {"label", evaluation.label},
                           {"kind", evaluation.kind},
                           {"options", evaluation.options},
                           {"strengths", evaluation.intensities}});
  Json json{{"pack", task.pack},
            {"lanes", std::move(lanes)},
            {"evaluations", std::move(evaluations)},
            {"dataset_sha256", task.dataset_sha256},
            {"checkpoint_file", task.checkpoint_file},
            {"checkpoint_every", task.checkpoint_every}};
  if (!task.packs_for.is_null()) json["packs_for"] = task.packs_for;
  return json;
}

PackTask task_from_json(const Json& json) {
  PackTask task;
  task.pack = text(json, "", "pack");
  for (const Json& lane : *field(json, "", "lanes", Json::value_t::array, Need::required))
    task.lanes.push_back(lane_from_json(lane, fmt::format("/lanes/{}", task.lanes.size())));
  if (task.lanes.empty()) throw DataError("task:/lanes: is empty; a pack has at least one lane");
  for (const Json& evaluation : *field(json, "", "evaluations", Json::value_t::array, Need::required))
    task.evaluations.push_back(
        evaluation_from_json(evaluation, fmt::format("/evaluations/{}", task.evaluations.size())));
  task.dataset_sha256 = text(json, "", "dataset_sha256", Need::optional);
  task.checkpoint_file = text(json, "", "checkpoint_file", Need::optional);
  task.checkpoint_every = seconds(json, "checkpoint_every");
  const Json* packs_for = field(json, "", "packs_for", Json::value_t::object, Need::optional);
  if (packs_for != nullptr) task.packs_for = *packs_for;
  return task;
}

Bytes encode(const PackTask& task) { return Json::to_cbor(to_json(task)); }

PackTask decode_task(const Bytes& bytes) { return task_from_json(parse_cbor(bytes.data(), bytes.size(), "task")); }

}  // namespace eigensweep::wire
