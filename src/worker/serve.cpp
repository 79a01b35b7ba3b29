// SPDX-License-Identifier: MIT
#include "eigensweep/worker/serve.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <new>

#include "eigensweep/core/here.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/wire/codec.hpp"
#include "eigensweep/worker/host.hpp"
#include "eigensweep/worker/run_pack.hpp"

namespace eigensweep::worker {
namespace {

// Set by a signal handler, read by the training loop.
std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_requested.store(true); };
  // No SA_RESTART, so that a worker that waits for its next task wakes up and exits.
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGUSR1, &action, nullptr);
  std::signal(SIGINT, SIG_IGN);  // the supervisor handles Ctrl-C
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

wire::Hello hello(const torch::Device& device) {
  return {device_name(device),
          torch::get_num_threads(),
          cpu_list(allowed_cpus()),
          torch_version(),
          static_cast<double>(free_memory(device)),
          host_name(),
          ::getpid()};
}

/// Training records come from a thread that writes networks.
void say(int out, const wire::FromWorker& message) {
  static std::mutex one_frame;
  const std::lock_guard lock(one_frame);
  wire::write_frame(out, wire::framed(message));
}

PackHooks hooks_for(const wire::PackTask& task, int out, Limiter& limiter) {
  PackHooks hooks;
  auto losses_due = std::make_shared<bool>(false);
  hooks.record = [out](const wire::Record& record) { say(out, wire::encoded(record)); };
  hooks.wants_losses = [&limiter, losses_due] { return *losses_due = limiter.is_due(); };
  hooks.progress = [&task, out, losses_due](const wire::TaskEvaluation* evaluation,
                                            const training::Progress& progress) {
    if (evaluation == nullptr && !*losses_due) return;
    wire::Progress message{task.pack,      wire::Stage::train, "", "", progress.epoch, progress.epochs, progress.step,
                           progress.steps, progress.losses};
    if (evaluation != nullptr) {
      message.stage = wire::Stage::evaluate;
      message.label = evaluation->label;
      message.evaluation = evaluation->id;
    }
    say(out, message);
  };
  hooks.should_stop = [] { return stop_requested.load(); };
  return hooks;
}

// Runs a task. Returns Finished, Failed or Drained.
wire::FromWorker answer(const wire::PackTask& task, Session& session, const PackHooks& hooks) {
  const auto start = std::chrono::steady_clock::now();
  try {
    const Ending ending = run_pack(task, session, hooks);
    if (ending != Ending::finished) {
      return wire::Drained{task.pack, ending == Ending::stopped_with_checkpoint};
    }
  } catch (const std::bad_alloc&) {
    return wire::failed(task.pack, wire::Reason::out_of_memory, "out of memory");
  } catch (const c10::Error& error) {
    return wire::failed(task.pack, is_out_of_memory(error) ? wire::Reason::out_of_memory : wire::Reason::error,
                        error.what_without_backtrace());
  } catch (const std::exception& error) {
    return wire::failed(task.pack, wire::reason_of(error), error.what());
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return wire::Finished{task.pack, seconds};
}

}  // namespace

ExitCode serve(const torch::Device& device, int in, int out) {
  install_signal_handlers();
  Session session(device);
  wire::FrameReader reader;
  Limiter limiter;
  expect_device(device);
  say(out, hello(device));
  while (!stop_requested.load()) {
    std::optional<wire::Frame> frame = wire::read_frame(in, reader, [] { return stop_requested.load(); });
    if (!frame) return ExitCode::ok;
    const wire::ToWorker message = wire::unframed<wire::ToWorker>(std::move(*frame));
    const auto* asked = std::get_if<wire::RunPack>(&message);
    if (asked == nullptr) return ExitCode::ok;  // Quit
    const wire::PackTask task = wire::decode_task(asked->bytes);
    const wire::FromWorker reply = answer(task, session, hooks_for(task, out, limiter));
    // On a device that is lost no other pack could run. The supervisor starts a new worker, and tries the pack there.
    if (std::holds_alternative<wire::Failed>(reply)) expect_device(device);
    give_back_freed_memory(device);
    say(out, reply);
  }
  return ExitCode::ok;
}

}  // namespace eigensweep::worker
