// SPDX-License-Identifier: MIT
// The procedure "balanced_network", and how the lanes of a pack run on threads.
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <stdexcept>

#include "eigensweep/catalog.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/worker/run_pack.hpp"
#include "lanes_at_once.hpp"
#include "task_of_study.hpp"

using namespace eigensweep;

namespace {

study::Study networks(const std::string& options) {
  const std::string text = R"({"name": "balanced", "seed": {"sweep": [0, 1, 2]}, "procedure": {
      "kind": "balanced_network", "neurons": 200, "inputs": 30, "duration": 30, "drive": {"sweep": [0.1, 0.2]}, )" +
                           options + "}}";
  return study::parse_study(text, "s.json", catalog());
}

std::map<std::string, wire::Record> records_of(const wire::PackTask& task, int threads) {
  const int before = torch::get_num_threads();
  torch::set_num_threads(threads);
  std::map<std::string, wire::Record> records;
  worker::PackHooks hooks;
  hooks.record = [&](const wire::Record& record) { CHECK(records.emplace(record.trial, record).second); };
  worker::Session session(torch::kCPU);
  CHECK(worker::run_pack(task, session, hooks) == worker::Ending::finished);
  torch::set_num_threads(before);
  return records;
}

}  // namespace

TEST_CASE("a balanced network has the same numbers in any pack and on any number of threads") {
  const wire::PackTask task = task_of_study(networks(R"("populations": "pools", "drive_step": 0.5)"));
  REQUIRE(task.lanes.size() == 6);
  const auto together = records_of(task, 1), on_threads = records_of(task, 4);
  REQUIRE(together.size() == 6);
  std::set<std::vector<double>> different;
  for (const wire::TaskLane& lane : task.lanes) {
    wire::PackTask alone = task;
    alone.lanes = {lane};
    const auto by_itself = records_of(alone, 1);
    CHECK((by_itself.at(lane.trial).columns == together.at(lane.trial).columns));
    CHECK((by_itself.at(lane.trial).columns == on_threads.at(lane.trial).columns));
    different.insert(by_itself.at(lane.trial).columns.at("rate").values());
  }
  CHECK(different.size() == 6);
}

TEST_CASE("a balanced network gives the columns that it declares with these options") {
  for (const char* options : {R"("populations": "one")", R"("populations": "two", "drive_step": 0.5)",
                              R"("populations": "pools", "removed_share": 0.2, "drive_noise": 0.1)"}) {
    const study::Study study = networks(options);
    const wire::PackTask task = task_of_study(study);
    const Json config = study.config(study.trials.front());
    const auto records = records_of(task, 2);
    const wire::Record& record = records.at(task.lanes.front().trial);
    std::set<std::string> declared, returned;
    for (const study::Column& column : catalog().find(study::Family::procedure, "balanced_network")->columns) {
      if (column.returned_if && !column.returned_if(Json::object(), config)) continue;
      declared.insert(column.name);
      CHECK(record.columns.at(column.name).shape.size() == column.dims.size());
    }
    for (const auto& [name, array] : record.columns) returned.insert(name);
    CHECK(returned == declared);
    CHECK(record.status == wire::Status::ok);
    CHECK(record.message == "");
  }
}

TEST_CASE("what a balanced network refuses and warns of is said where the study is read") {
  const auto parsed = [](const std::string& options) {
    return study::parse_study(R"({"name": "a", "procedure": {"kind": "balanced_network", )" + options + "}}", "s.json",
                              catalog());
  };
  CHECK_THROWS_WITH(parsed(R"("neurons": 100)"),
                    Catch::Contains("/procedure") && Catch::Contains("inputs 400 is above"));
  CHECK_THROWS_WITH(parsed(R"("removed_share": 1)"), Catch::Contains("removed_share"));
  const study::Study study = parsed(R"("p_exc": 0.8)");
  REQUIRE(study.warnings.size() == 1);
  CHECK_THAT(study.warnings.front(), Catch::Contains("runs away"));
}

TEST_CASE("lanes on threads: each is sent once, a stop ends all, and what one throws is thrown") {
  const worker::PackHooks none;
  for (const int threads : {1, 3, 20}) {
    std::vector<int> sent(7, 0);
    const auto twice = [](std::size_t lane, const std::function<bool()>&) {
      return std::optional<int>(2 * static_cast<int>(lane));
    };
    CHECK(worker::lanes_at_once<int>(none, 7, threads, twice, [&](std::size_t lane, int result, double seconds) {
      sent[lane] += result == 2 * static_cast<int>(lane) ? 1 : 100;
      CHECK(seconds >= 0);
    }));
    CHECK(sent == std::vector<int>(7, 1));
  }
  worker::PackHooks stopping;
  stopping.should_stop = [] { return true; };
  const auto until_stopped = [](std::size_t, const std::function<bool()>& should_stop) {
    while (!should_stop()) std::this_thread::yield();
    return std::optional<int>();
  };
  const auto no_record = [](std::size_t, int, double) { FAIL("a stopped lane has no record"); };
  CHECK_FALSE(worker::lanes_at_once<int>(stopping, 3, 2, until_stopped, no_record));
  const auto throwing = [](std::size_t lane, const std::function<bool()>& should_stop) {
    if (lane == 1) throw std::runtime_error("of lane 1");
    while (!should_stop()) std::this_thread::yield();
    return std::optional<int>();
  };
  CHECK_THROWS_WITH(worker::lanes_at_once<int>(none, 3, 2, throwing, no_record), "of lane 1");
  const auto refusing = [](std::size_t, int, double) { throw std::runtime_error("the pipe is closed"); };
  const auto one = [](std::size_t, const std::function<bool()>&) { return std::optional<int>(1); };
  CHECK_THROWS_WITH(worker::lanes_at_once<int>(none, 3, 2, one, refusing), "the pipe is closed");
}
