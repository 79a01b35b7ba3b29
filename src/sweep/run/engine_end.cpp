// SPDX-License-Identifier: MIT
// How the engine ends a run: it stops the workers, saves and publishes the remaining records, and reports the result.
#include "eigensweep/core/error.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/sweep/run/engine.hpp"
#include "eigensweep/wire/codec.hpp"

namespace eigensweep::sweep {

void Engine::leave() {
  workers_.tell_ranks(wire::framed(wire::Concluding{}));
  if (interrupted_) workers_.kill();
  supervisor_.quit();
}

ExitCode Engine::conclude() {
  RunStatus& status = board_.run();
  status.elapsed = seconds();
  for (WorkerStatus& worker : status.workers) {
    if (worker.state != WorkerState::retired) worker.state = WorkerState::idle;
  }
  const bool complete = coordinator_.is_complete();
  if (time_is_up_ && !complete && !has_checkpoint_ && !keeper_.has_saved()) {
    fail(ExitCode::system,
         fmt::format("the time of {} ended before there was anything to keep (continued like this the run would get "
                     "nowhere); give it more time, or make packs smaller (--lanes)",
                     text::duration(budget_.limit())));
  }
  status.packs_waiting = coordinator_.waiting();
  status.state = error_code_ ? RunState::failed : complete ? RunState::complete : RunState::stopped;
  status.message = error_code_ ? error_ : complete ? "" : fmt::format("`{}` continues", work_.continue_command);
  try {
    if (const auto took = publisher_.finish(seconds())) budget_.saw_publish(*took);
    if (keeper_.has_unsaved()) {
      keeper_.save();
      publisher_.has_news();
    }
    publisher_.publish_last();
  } catch (const Error& error) {
    fail(error.code(), error.what());
    status.state = RunState::failed;
    status.message = error_;
  }
  take_tally();
  if (const std::string problem = board_.write(); !problem.empty()) fail(ExitCode::system, problem);
  if (error_code_) {
    if (*error_code_ == ExitCode::data) throw DataError(error_);
    throw SystemError(error_);
  }
  const std::string trials = fmt::format("{} of {} trials done{}{}", status.done, status.trials,
                                         status.failed > 0 ? fmt::format(", {} failed", status.failed) : "",
                                         status.diverged > 0 ? fmt::format(", {} diverged", status.diverged) : "");
  if (complete) {
    log::info("complete: {}, in {}; {}", trials, text::duration(status.elapsed), paths_.results().string());
  } else {
    log::info("stopped: {}; {}", trials, status.message);
  }
  return complete ? status.failed > 0 ? ExitCode::trials_failed : ExitCode::ok : ExitCode::continue_later;
}

}  // namespace eigensweep::sweep
