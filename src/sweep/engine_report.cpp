// SPDX-License-Identifier: MIT
// What the engine lets the outside see: the live view, status.json, results.h5, the last words.
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/here.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/sweep/engine.hpp"
#include "eigensweep/wire/codec.hpp"

namespace eigensweep::sweep {
namespace {

constexpr double look_pause = 0.1;  // seconds between two looks at every worker
constexpr double status_pause = 2;  // seconds between two status.json

}  // namespace

void Engine::tick() {
  status_.elapsed = seconds();
  take_tally();
  if (const auto took = publisher_.turn(seconds(), !draining_)) budget_.saw_publish(*took);
  // Looking at every worker in every turn would be most of the work, were there thousands of them.
  if (status_.elapsed < next_look_) return;
  next_look_ = status_.elapsed + look_pause;
  status_.packs_waiting = coordinator_.waiting();
  status_.waiting_flops = coordinator_.waiting_flops();
  for (std::size_t i = 0; i < status_.workers.size(); ++i) {
    WorkerStatus& worker = status_.workers[i];
    const std::size_t expected = coordinator_.expected_evaluations(i);
    worker.records = expected == 0 ? 0.0 : static_cast<double>(records_in_pack_[i]) / static_cast<double>(expected);
  }
  view_.update(status_);
  if (status_.elapsed >= next_status_) {
    if (const std::string problem = write_status(); !problem.empty() && !std::exchange(status_failed_, true)) {
      log::warn("{}", problem);
    }
    next_status_ = seconds() + status_pause;
  }
}

void Engine::take_tally() {
  const Tally& tally = keeper_.tally();
  status_.done = tally.done;
  status_.failed = tally.failed;
  status_.diverged = tally.diverged;
}

std::string Engine::write_status() noexcept {
  try {
    Json json = to_json(status_);
    json["folder"] = paths_.folder().string();
    json["host"] = host_name();
    json["pid"] = ::getpid();
    json["ranks"] = communicator_.size();
    json["started"] = started_at_;
    json["updated"] = utc_now();
    file::write_atomically(paths_.status(), json_text(json, 2) + "\n");
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

void Engine::leave() {
  workers_.tell_ranks(wire::framed(wire::Concluding{}));
  if (interrupted_) {
    workers_.kill();
  }
  supervisor_.quit();
}

ExitCode Engine::conclude() {
  status_.elapsed = seconds();
  for (WorkerStatus& worker : status_.workers)
    if (worker.state != WorkerState::retired) worker.state = WorkerState::idle;
  const bool complete = coordinator_.is_complete();
  if (time_is_up_ && !complete && !has_checkpoint_ && !keeper_.has_saved() && !error_code_) {
    error_code_ = ExitCode::system;
    error_ = fmt::format(
        "the time of {} ended before there was anything to keep (continued like this the run would get nowhere); give "
        "it "
        "more time, or make packs smaller (--lanes)",
        text::duration(budget_.limit()));
  }
  status_.packs_waiting = coordinator_.waiting();
  status_.state = error_code_ ? RunState::failed : complete ? RunState::complete : RunState::stopped;
  status_.message = error_code_ ? error_ : complete ? "" : fmt::format("`{}` continues", work_.continue_command);
  try {
    if (const auto took = publisher_.finish(seconds())) budget_.saw_publish(*took);
    if (keeper_.has_unsaved()) {
      keeper_.save();
      publisher_.has_news();
    }
    publisher_.publish_last();
  } catch (const Error& error) {
    fail(error.code(), error.what());
    status_.state = RunState::failed;
    status_.message = error_;
  }
  take_tally();
  if (const std::string problem = write_status(); !problem.empty()) fail(ExitCode::system, problem);
  if (error_code_) {
    if (*error_code_ == ExitCode::data) throw DataError(error_);
    throw SystemError(error_);
  }
  const std::string trials = fmt::format("{} of {} trials done{}{}", status_.done, status_.trials,
                                         status_.failed > 0 ? fmt::format(", {} failed", status_.failed) : "",
                                         status_.diverged > 0 ? fmt::format(", {} diverged", status_.diverged) : "");
  if (complete) {
    log::info("complete: {}, in {}; {}", trials, text::duration(status_.elapsed), paths_.results().string());
  } else {
    log::info("stopped: {}; {}", trials, status_.message);
  }
  return complete ? status_.failed > 0 ? ExitCode::trials_failed : ExitCode::ok : ExitCode::continue_later;
}

}  // namespace eigensweep::sweep
