// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"
#include "eigensweep/wire/task.hpp"

using namespace eigensweep;
using namespace eigensweep::wire;

namespace {

Json sample() {
  PackTask task;
  task.pack = "p1";
  task.lanes.push_back({"t1", {{"seed", 1}, {"model", {{"width", 8}}}}, true, "models/t1.safetensors"});
  task.lanes.push_back({"t2", {{"seed", 2}}, false, ""});
  task.evaluations.push_back({"e1", "attack", "pgd", "pgd", {{"steps", 40}}, {0.0, 0.1}});
  task.evaluations.push_back({"e2", "metric", "spectrum", "spectrum", Json::object(), {}});
  task.checkpoint_file = "checkpoints/p1";
  task.checkpoint_every = 12.5;
  task.packs_for = {{"device", "A100"}};
  return to_json(task);
}

Json with(const char* pointer, const Json& value) {
  Json json = sample();
  json[Json::json_pointer(pointer)] = value;
  return json;
}

Json without(const char* parent, const char* name) {
  Json json = sample();
  json[Json::json_pointer(parent)].erase(name);
  return json;
}

}  // namespace

TEST_CASE("a task comes back as it went, through text as well") {
  const Json json = sample();
  CHECK(to_json(task_from_json(json)) == json);
  CHECK(to_json(task_from_json(Json::parse(json.dump()))) == json);
  const PackTask task = task_from_json(json);
  CHECK(task.lanes[1].train == false);
  CHECK(task.evaluations[0].intensities == std::vector<double>{0.0, 0.1});
}

TEST_CASE("a task comes back from its bytes, and other bytes are refused") {
  const Json json = sample();
  CHECK(to_json(decode_task(encode(task_from_json(json)))) == json);
  CHECK_THROWS_AS(decode_task({1, 2, 3}), DataError);
  CHECK_THROWS_WITH(decode_task(Json::to_cbor(without("", "pack"))), "task:/pack: is missing");
}

TEST_CASE("a task written by hand may leave out what has an obvious value") {
  const PackTask task = task_from_json(Json::parse(R"({"pack": "p", "lanes": [{"trial": "t", "config": {}}],
                      "evaluations": [{"id": "e", "family": "metric", "label": "m", "kind": "m", "options": {}}]})"));
  CHECK(task.lanes[0].train);
  CHECK(task.lanes[0].model_file.empty());
  CHECK(task.checkpoint_file.empty());
  CHECK(task.checkpoint_every == 0);
  CHECK(task.packs_for.is_null());
  CHECK(task.evaluations[0].intensities.empty());
}

TEST_CASE("a broken task names the field") {
  CHECK_THROWS_WITH(task_from_json(Json::array()), "task:: must be an object, not array");
  CHECK_THROWS_WITH(task_from_json(without("", "pack")), "task:/pack: is missing");
  CHECK_THROWS_WITH(task_from_json(without("", "lanes")), "task:/lanes: is missing");
  CHECK_THROWS_WITH(task_from_json(with("/lanes", Json::array())),
                    "task:/lanes: is empty; a pack has at least one lane");
  CHECK_THROWS_WITH(task_from_json(without("/lanes/1", "trial")), "task:/lanes/1/trial: is missing");
  CHECK_THROWS_WITH(task_from_json(with("/lanes/1/train", 1)),
                    "task:/lanes/1/train: must be of kind boolean, not number");
  CHECK_THROWS_WITH(task_from_json(with("/lanes/0", 3)), "task:/lanes/0: must be an object, not number");
  CHECK_THROWS_WITH(task_from_json(with("/lanes/0/config", "x")),
                    "task:/lanes/0/config: must be of kind object, not string");
  CHECK_THROWS_WITH(task_from_json(with("/evaluations/0/family", "spell")),
                    "task:/evaluations/0/family: 'spell' is unknown; known are 'attack', 'metric'");
  CHECK_THROWS_WITH(task_from_json(with("/evaluations/0/strengths/1", "x")),
                    "task:/evaluations/0/strengths/1: must be a number, not string");
  CHECK_THROWS_WITH(task_from_json(with("/checkpoint_every", "soon")),
                    "task:/checkpoint_every: must be a number of seconds from 0, not \"soon\"");
  CHECK_THROWS_WITH(task_from_json(with("/checkpoint_every", -1)),
                    "task:/checkpoint_every: must be a number of seconds from 0, not -1");
  CHECK_THROWS_WITH(task_from_json(with("/checkpoint_file", 1)),
                    "task:/checkpoint_file: must be of kind string, not number");
}
