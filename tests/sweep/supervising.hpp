// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/sweep/process/supervisor.hpp"
#include "eigensweep/wire/task.hpp"
#include "scratch.hpp"

/// Supervisors of fake workers.

using namespace eigensweep;
using namespace std::chrono_literals;
using sweep::Supervisor;

/// Sets EIGENSWEEP_FAKE for the fake worker.
class Behaviour {
 public:
  explicit Behaviour(const char* json) { ::setenv("EIGENSWEEP_FAKE", json, 1); }
  ~Behaviour() { ::unsetenv("EIGENSWEEP_FAKE"); }
};

// A process with a supervisor must ignore SIGPIPE, because a worker may die before it has read its task.
[[maybe_unused]] const auto ignored = ::signal(SIGPIPE, SIG_IGN);

inline wire::Bytes task_of(const Scratch& scratch, int seed = 0, const std::string& padding = "") {
  wire::PackTask task;
  task.pack = "p";
  task.lanes.push_back({"t0", {{"seed", seed}, {"padding", padding}}, true, ""});
  task.checkpoint_file = (scratch.path() / "checkpoint").string();
  return wire::encode(task);
}

inline std::vector<Supervisor::Slot> make_slots(const Scratch& scratch, std::size_t count, const std::string& program) {
  std::vector<Supervisor::Slot> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back({{program, "cpu", 1, scratch.path() / ("worker-" + std::to_string(i) + ".log")}});
  }
  return all;
}

inline Supervisor make(const Scratch& scratch, std::size_t slots, const sweep::Patience& patience = {},
                       const std::string& program = EIGENSWEEP_FAKE_WORKER) {
  return Supervisor(make_slots(scratch, slots, program), patience);
}

/// Calls turn() until an event of this type comes, which must be the slot's. Fails if none comes within a minute.
template <typename What>
inline What wait_for(Supervisor& supervisor, std::size_t slot = 0) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (std::chrono::steady_clock::now() < end) {
    std::optional<What> found;
    for (wire::Event& event : supervisor.turn(std::chrono::milliseconds(20), -1)) {
      auto* what = std::get_if<What>(&event.what);
      if (what == nullptr) continue;
      CHECK(event.slot == slot);
      found = std::move(*what);
    }
    if (found) return *found;
  }
  FAIL("waited a minute for '" << What::type << "'");
  return {};
}

/// A supervisor in virtual time, whose worker has said hello and nothing more.
struct Silent {
  explicit Silent(
      const sweep::Patience& patience = {}, std::function<double(pid_t)> waiting = [](pid_t) { return 0.0; })
      : supervisor(
            make_slots(scratch, 1, EIGENSWEEP_FAKE_WORKER), patience, [this] { return now; }, std::move(waiting)) {
    supervisor.give(0, task_of(scratch, 7));
    wait_for<wire::Hello>(supervisor);
  }

  std::vector<wire::Event> turn() { return supervisor.turn(std::chrono::milliseconds(1), -1); }

  const Scratch scratch;
  const Behaviour behaviour{R"({"hang_seed": 7})"};
  Supervisor::Clock::time_point now{};
  Supervisor supervisor;
};
