// SPDX-License-Identifier: MIT
// Which workers a supervisor takes for hung, in virtual time, and which losses end a slot.
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
#include "supervising.hpp"

using namespace eigensweep;
using namespace std::chrono_literals;
using sweep::Supervisor;

TEST_CASE("a worker is taken for hung by whoever doubts it, seen from its supervisor") {
  Silent run;
  CHECK(run.supervisor.derives_silence());
  run.now += 4s;
  run.supervisor.doubt(0, 30);
  CHECK(run.turn().empty());
  run.supervisor.doubt(0, 4);
  const wire::Lost lost = wait_for<wire::Lost>(run.supervisor);
  CHECK(lost.hung);
  CHECK(lost.message == "the worker hung: not a word for 4.0 s");
  run.now += 1s;
  wait_for<wire::Ready>(run.supervisor);
  run.supervisor.doubt(0, 0);  // nobody is there
  CHECK(run.turn().empty());
}

TEST_CASE("time in which a supervisor did not look is no silence of its workers") {
  sweep::Patience patience;
  SECTION("of which the supervisor judges itself") {
    patience.silence = 2s;
    Silent run(patience);
    run.now += 6s;
    CHECK(run.turn().empty());
    run.now += 1900ms;
    CHECK(run.turn().empty());
    run.now += 200ms;
    wait_for<wire::Lost>(run.supervisor);
  }
  SECTION("of which rank 0 had doubts meanwhile") {
    // Supervisor and worker were stopped together. When they go on, the doubts may be read before the next turn.
    Silent run;
    run.now += 27s;
    run.supervisor.doubt(0, 20);
    CHECK(run.turn().empty());
    run.supervisor.doubt(0, 20);
    CHECK(run.turn().empty());
    CHECK_FALSE(run.supervisor.is_empty());
  }
}

TEST_CASE("time in which a worker waits for a CPU is no silence") {
  double waited = 100;  // before its last word
  Silent run({}, [&waited](pid_t) { return waited; });
  run.now += 2s;
  CHECK(run.turn().empty());  // looks
  waited += 30;
  run.now += 2s;
  CHECK(run.turn().empty());
  run.now += 2s;
  run.supervisor.doubt(0, 5);  // 6 s, of which it could not run in as many
  CHECK(run.turn().empty());
  for (int i = 0; i < 15; ++i) {
    run.now += 2s;
    CHECK(run.turn().empty());
  }
  run.supervisor.doubt(0, 5);  // 36 s less 30
  CHECK(wait_for<wire::Lost>(run.supervisor).hung);
}

TEST_CASE("the time that a process waits for a CPU grows, and is none of a process that is not there") {
  const double before = sweep::seconds_waiting(::getpid());
  CHECK(before >= 0);
  CHECK(sweep::seconds_waiting(::getpid()) >= before);
  CHECK(sweep::seconds_waiting(0x7ffffff0) == 0);
}

TEST_CASE("a message that lies unread in the pipe is no silence") {
  const Scratch scratch;
  const auto trace = scratch.path() / "trace";
  // The worker goes on while nobody reads, then waits at the gate, which never opens.
  const std::string fake = fmt::format(R"({{"trace": "{}", "gate": "/nowhere/gate"}})", trace.string());
  const Behaviour behaviour(fake.c_str());
  Supervisor::Clock::time_point now{};
  Supervisor supervisor(make_slots(scratch, 1, EIGENSWEEP_FAKE_WORKER), {}, [&now] { return now; });
  supervisor.give(0, task_of(scratch));
  wait_for<wire::Hello>(supervisor);
  while (!std::filesystem::exists(trace) || file::read(trace).find("p 4\n") == std::string::npos) ::usleep(1000);
  now += 4s;
  supervisor.doubt(0, 3);
  for (std::int64_t epoch = 0; epoch < 5;) {  // the step of the gate
    for (const wire::Event& event : supervisor.turn(20ms, -1)) {
      CHECK_FALSE(std::holds_alternative<wire::Lost>(event.what));
      if (const auto* progress = std::get_if<wire::Progress>(&event.what)) epoch = progress->epoch;
    }
    REQUIRE_FALSE(supervisor.is_empty());
  }
  now += 4s;
  supervisor.doubt(0, 3);
  CHECK(wait_for<wire::Lost>(supervisor).hung);
}

TEST_CASE("losses of a worker that had started do not count as failed starts") {
  const Scratch scratch;
  sweep::Patience patience;
  patience.first_pause = 1ms;
  patience.losses_before_hello = 2;
  Supervisor supervisor = make(scratch, 1, patience);
  {
    const Behaviour behaviour(R"({"crash_seed": 7})");
    for (int i = 0; i < 3; ++i) {
      supervisor.give(0, task_of(scratch, 7));
      CHECK(wait_for<wire::Lost>(supervisor).said_hello);
      wait_for<wire::Ready>(supervisor);
    }
  }
  const Behaviour behaviour(R"({"no_start": "no device"})");
  supervisor.give(0, task_of(scratch, 7));
  CHECK_FALSE(wait_for<wire::Lost>(supervisor).said_hello);
  wait_for<wire::Ready>(supervisor);
  supervisor.give(0, task_of(scratch, 7));
  CHECK(wait_for<wire::Retired>(supervisor).message.find("no device") != std::string::npos);
}
