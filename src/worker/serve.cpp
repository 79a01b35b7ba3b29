// SPDX-License-Identifier: MIT
#include "eigensweep/worker/serve.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <new>

#include "eigensweep/core/here.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/wire/failure.hpp"
#include "eigensweep/wire/frame.hpp"
#include "eigensweep/worker/host.hpp"
#include "eigensweep/worker/run_pack.hpp"

namespace eigensweep::worker {
namespace {

// Written by a signal handler, read by the training loop.
std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_requested.store(true); };
  // No SA_RESTART: a worker that waits for its next task must wake up and leave.
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGUSR1, &action, nullptr);
  std::signal(SIGINT, SIG_IGN);  // a terminal's Ctrl-C is the supervisor's business
  std::signal(SIGPIPE, SIG_IGN);
}

class Limiter {
 public:
  // True at most four times a second.
  bool is_due() {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(250)) return false;
    last_ = now;
    return true;
  }

 private:
  std::chrono::steady_clock::time_point last_{};
};

Json hello(const torch::Device& device) {
  return {{"type", "hello"},
          {"device", device_name(device)},
          {"threads", torch::get_num_threads()},
          {"cpus", cpu_list(allowed_cpus())},
          {"torch", torch_version()},
          {"memory", free_memory(device)},
          {"host", host_name()},
          {"pid", static_cast<std::int64_t>(::getpid())}};
}

PackHooks hooks_for(const wire::Task& task, int out, Limiter& limiter) {
  PackHooks hooks;
  auto losses_due = std::make_shared<bool>(false);
  hooks.record = [&task, out](const wire::Record& record) {
    wire::write_frame(out, {{"type", "record"}, {"pack", task.pack}, {"record", Json::binary(wire::encode(record))}});
  };
  hooks.wants_losses = [&limiter, losses_due] { return *losses_due = limiter.is_due(); };
  hooks.progress = [&task, out, losses_due](const wire::TaskEvaluation* evaluation,
                                            const training::Progress& progress) {
    if (evaluation == nullptr && !*losses_due) return;
    wire::write_frame(out, {{"type", "progress"},
                            {"pack", task.pack},
                            {"stage", evaluation == nullptr ? "train" : evaluation->label},
                            {"evaluation", evaluation == nullptr ? "" : evaluation->id},
                            {"epoch", progress.epoch},
                            {"epochs", progress.epochs},
                            {"step", progress.step},
                            {"steps", progress.steps},
                            {"losses", progress.losses}});
  };
  hooks.should_stop = [] { return stop_requested.load(); };
  return hooks;
}

// The answer to a task: "finished", "failed" or "drained".
Json answer(const wire::Task& task, Session& session, const PackHooks& hooks) {
  const auto start = std::chrono::steady_clock::now();
  try {
    const Ending ending = run_pack(task, session, hooks);
    if (ending != Ending::finished) {
      return {{"type", "drained"}, {"pack", task.pack}, {"checkpoint", ending == Ending::stopped_with_checkpoint}};
    }
  } catch (const std::bad_alloc&) {
    return wire::failed_frame(task.pack, wire::reason::out_of_memory, "out of memory");
  } catch (const c10::Error& error) {
    return wire::failed_frame(task.pack, is_out_of_memory(error) ? wire::reason::out_of_memory : wire::reason::error,
                              error.what_without_backtrace());
  } catch (const std::exception& error) {
    return wire::failed_frame(task.pack, wire::reason_of(error), error.what());
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return {{"type", "finished"}, {"pack", task.pack}, {"seconds", seconds}};
}

}  // namespace

ExitCode serve(const torch::Device& device, int in, int out) {
  install_signal_handlers();
  Session session(device);
  wire::FrameReader reader;
  Limiter limiter;
  wire::write_frame(out, hello(device));
  while (!stop_requested.load()) {
    const std::optional<Json> message = wire::read_frame(in, reader, [] { return stop_requested.load(); });
    if (!message || message->at("type") == "quit") return ExitCode::ok;
    if (message->at("type") != "task") {
      throw ContractViolation(fmt::format("a worker got a frame of type {}", message->at("type").dump()));
    }
    const wire::Task task = wire::task_from_json(message->at("task"));
    const Json reply = answer(task, session, hooks_for(task, out, limiter));
    give_back_freed_memory();
    wire::write_frame(out, reply);
  }
  return ExitCode::ok;
}

}  // namespace eigensweep::worker
