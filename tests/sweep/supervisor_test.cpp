// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/process/supervisor.hpp"
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/wire/task.hpp"
#include "scratch.hpp"
#include "supervising.hpp"

using namespace eigensweep;
using namespace std::chrono_literals;
using sweep::Supervisor;

TEST_CASE("a log that cannot be written is the output folder's fault, and no loss of the worker") {
  const Scratch scratch;
  Supervisor supervisor({{{EIGENSWEEP_FAKE_WORKER, "cpu", 1, scratch.path() / "nowhere" / "worker.log"}}}, {});
  supervisor.give(0, task_of(scratch));
  const std::vector<wire::Event> events = supervisor.turn(std::chrono::milliseconds(1), -1);
  REQUIRE(events.size() == 1);
  CHECK(events[0].slot == 0);
  const auto* failed = std::get_if<wire::Failed>(&events[0].what);
  REQUIRE(failed != nullptr);
  CHECK(failed->reason == wire::Reason::output);
  CHECK_THAT(failed->message, Catch::Contains("worker.log: cannot open the worker's log: No such file"));
  CHECK(supervisor.is_empty());
}

TEST_CASE("a worker is started with its first task, says hello, sends its records and finishes") {
  const Scratch scratch;
  Supervisor supervisor = make(scratch, 2);
  CHECK(supervisor.is_empty());
  supervisor.give(1, task_of(scratch));
  CHECK(supervisor.pid(0) == 0);
  CHECK(supervisor.pid(1) > 0);
  const wire::Hello hello = wait_for<wire::Hello>(supervisor, 1);
  CHECK(hello.device == "cpu");
  CHECK(hello.threads == 1);
  const wire::Finished finished = wait_for<wire::Finished>(supervisor, 1);
  CHECK(finished.pack == "p");
  supervisor.quit();
  CHECK(supervisor.is_empty());
}

TEST_CASE("a worker that crashes is lost with its last words, and its slot is ready again") {
  const Scratch scratch;
  const Behaviour behaviour(R"({"crash_seed": 7})");
  Supervisor supervisor = make(scratch, 1);
  supervisor.give(0, task_of(scratch, 7));
  const wire::Lost lost = wait_for<wire::Lost>(supervisor);
  CHECK(lost.said_hello);
  CHECK(lost.message == "killed by signal 6 (Aborted); its last words: about to crash | terminate called");
  wait_for<wire::Ready>(supervisor);
  supervisor.give(0, task_of(scratch));
  wait_for<wire::Finished>(supervisor);
}

TEST_CASE("a killed worker is lost, too") {
  const Scratch scratch;
  const Behaviour behaviour(R"({"step_ms": 1000})");
  Supervisor supervisor = make(scratch, 1);
  supervisor.give(0, task_of(scratch));
  wait_for<wire::Progress>(supervisor);
  ::kill(supervisor.pid(0), SIGKILL);
  CHECK(wait_for<wire::Lost>(supervisor).message ==
        "killed by signal 9 (Killed; perhaps the system was out of memory)");
}

TEST_CASE("a worker that dies without a pack says so, and its slot still takes one") {
  const Scratch scratch;
  Supervisor supervisor = make(scratch, 1);
  supervisor.give(0, task_of(scratch));
  wait_for<wire::Finished>(supervisor);
  ::kill(supervisor.pid(0), SIGKILL);
  CHECK_FALSE(wait_for<wire::Lost>(supervisor).busy);
  const Behaviour behaviour(R"({"step_ms": 1000})");
  supervisor.give(0, task_of(scratch));
  wait_for<wire::Hello>(supervisor);
  ::kill(supervisor.pid(0), SIGKILL);
  CHECK(wait_for<wire::Lost>(supervisor).busy);
}

TEST_CASE("a worker that hangs, or never says hello, is ended") {
  const Scratch scratch;
  sweep::Patience patience;
  patience.silence = std::chrono::milliseconds(300);
  patience.hello = std::chrono::milliseconds(300);
  SECTION("hangs") {
    patience.hello = std::chrono::minutes(1);
    const Behaviour behaviour(R"({"hang_seed": 1})");
    Supervisor supervisor = make(scratch, 1, patience);
    supervisor.give(0, task_of(scratch, 1));
    CHECK_THAT(wait_for<wire::Lost>(supervisor).message, Catch::StartsWith("the worker hung: not a word for 0.3 s"));
    CHECK(supervisor.is_empty());
  }
  SECTION("never says hello") {
    const Behaviour behaviour(R"({"no_hello": true})");
    Supervisor supervisor = make(scratch, 1, patience);
    supervisor.give(0, task_of(scratch));
    const wire::Lost lost = wait_for<wire::Lost>(supervisor);
    CHECK_FALSE(lost.said_hello);
    CHECK(lost.message == "the worker did not say hello within 0.3 s");
  }
}

TEST_CASE("a slot whose workers never start is given up, and says why") {
  const Scratch scratch;
  sweep::Patience patience;
  patience.first_pause = std::chrono::milliseconds(1);
  SECTION("the program fails") {
    const Behaviour behaviour(R"({"no_start": "error while loading shared libraries: libtorch.so"})");
    Supervisor supervisor = make(scratch, 1, patience);
    for (int i = 1; i < patience.losses_before_hello; ++i) {
      supervisor.give(0, task_of(scratch));
      wait_for<wire::Ready>(supervisor);
    }
    supervisor.give(0, task_of(scratch));
    CHECK(wait_for<wire::Retired>(supervisor).message ==
          "exit code 127; its last words: error while loading shared libraries: libtorch.so");
  }
  SECTION("there is no such program") {
    Supervisor supervisor = make(scratch, 1, patience, "/nonexistent/worker");
    supervisor.give(0, task_of(scratch));
    CHECK(wait_for<wire::Lost>(supervisor).message ==
          "/nonexistent/worker: cannot start the worker: No such file or directory (error 2); set EIGENSWEEP_WORKER "
          "to the right program");
  }
}

TEST_CASE("a worker that writes no frames is lost") {
  const Scratch scratch;
  const Behaviour behaviour(R"({"garbage": true})");
  Supervisor supervisor = make(scratch, 1);
  supervisor.give(0, task_of(scratch));
  CHECK_THAT(wait_for<wire::Lost>(supervisor).message, Catch::StartsWith("the worker wrote what is no frame: "));
}

TEST_CASE("a drained worker finishes its step, writes its checkpoint and leaves") {
  const Scratch scratch;
  const Behaviour behaviour(R"({"step_ms": 20, "steps": 100000})");
  Supervisor supervisor = make(scratch, 1);
  supervisor.give(0, task_of(scratch));
  wait_for<wire::Progress>(supervisor);
  supervisor.drain();
  wait_for<wire::Left>(supervisor);
  CHECK(supervisor.is_empty());
  CHECK(std::filesystem::exists(scratch.path() / "checkpoint"));
  SECTION("a task that comes too late is handed back") {
    supervisor.give(0, task_of(scratch));
    wait_for<wire::Left>(supervisor);
    CHECK(supervisor.is_empty());
  }
}

TEST_CASE("a worker that somebody else stops leaves its slot ready") {
  const Scratch scratch;
  const Behaviour behaviour(R"({"step_ms": 20, "steps": 100000})");
  Supervisor supervisor = make(scratch, 1);
  supervisor.give(0, task_of(scratch));
  wait_for<wire::Progress>(supervisor);
  ::kill(supervisor.pid(0), SIGUSR1);
  wait_for<wire::Ready>(supervisor);
}

TEST_CASE("a task larger than a pipe does not block the supervisor") {
  const Scratch scratch;
  const Behaviour behaviour(R"({"no_hello": true})");
  Supervisor supervisor = make(scratch, 1);
  supervisor.give(0, task_of(scratch, 0, std::string(std::size_t{8} << 20, 'x')));
  supervisor.turn(std::chrono::milliseconds(1), -1);
  supervisor.kill();
  wait_for<wire::Lost>(supervisor);
}

TEST_CASE("a supervisor's end is its workers' end") {
  const Scratch scratch;
  const Behaviour behaviour(R"({"step_ms": 1000})");
  pid_t pid = 0;
  {
    Supervisor supervisor = make(scratch, 1);
    supervisor.give(0, task_of(scratch));
    wait_for<wire::Hello>(supervisor);
    pid = supervisor.pid(0);
  }
  CHECK(::kill(pid, 0) == -1);
}
