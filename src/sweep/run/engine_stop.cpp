// SPDX-License-Identifier: MIT
// How the engine stops before all work is done: on request, at the end of its time, or because a rank is silent. It
// measures how early workers must be asked to stop, asks them, and kills those that do not stop in time.
#include <utility>

#include "eigensweep/core/log.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/sweep/run/engine.hpp"
#include "eigensweep/wire/codec.hpp"

namespace eigensweep::sweep {

/// A worker can only stop between steps or evaluations, where it also sends messages. So its longest silence shows how
/// early it must be asked to stop.
void Engine::heard_of(std::size_t worker, const wire::Happening& what) {
  if (!coordinator_.has_pack(worker) || std::holds_alternative<wire::Lost>(what)) return;
  const WorkerStatus& status = board_.worker(worker);
  const double silent = hangs_.heard(worker, what, status, coordinator_.pack(worker), seconds());
  const bool is_starting = status.stage == wire::Stage::start;
  if (is_starting && std::holds_alternative<wire::Progress>(what)) {
    budget_.saw_start(seconds() - status.started);
  } else if (!is_starting) {
    budget_.saw_silence(silent);
  }
}

void Engine::look_at_time() {
  if (!budget_.is_limited()) return;
  if (!draining_ && (budget_.must_drain(seconds()) || (coordinator_.is_stuck() && coordinator_.running() == 0))) {
    time_is_up_ = true;
    begin_drain(budget_.must_drain(seconds())
                    ? fmt::format("the time is up in {}", text::duration(budget_.limit() - seconds()))
                    : fmt::format("nothing that is left could be kept before the time is up in {}",
                                  text::duration(budget_.limit() - seconds())));
  }
  if (draining_ && !has_cut_ && budget_.must_cut(seconds())) {
    has_cut_ = true;
    log::warn(
        "the time is up in {}: workers that have not stopped yet are ended, what they did since their last record "
        "or checkpoint is lost",
        text::duration(budget_.limit() - seconds()));
    workers_.kill();
  }
}

void Engine::look_at_signals() {
  signals_.clear();
  if (signals_.stop_requests() > 0 && !draining_) {
    log::info("stopping: workers finish their step and write a checkpoint{}",
              signals_.interrupts() > 0 ? " (Ctrl-C again to leave at once)" : "");
    begin_drain("");
  }
  if (signals_.interrupts() > 1) interrupted_ = true;
}

/// Sends heartbeats. If a rank is silent for too long, its packs are returned and the run drains the other workers, so
/// that the next run can continue.
void Engine::look_at_ranks() {
  if (seconds() >= next_life_sign_) {
    workers_.tell_ranks(wire::framed(wire::Alive{}));
    next_life_sign_ = seconds() + ranks_.patience() / signs_of_life;
  }
  for (const int rank : ranks_.look(seconds())) {
    std::string where;
    for (std::size_t worker = 0; worker < board_.workers().size(); ++worker) {
      WorkerStatus& status = board_.worker(worker);
      if (status.place.rank != rank) continue;
      where = status.place.host;
      status.state = WorkerState::lost;
      if (coordinator_.has_pack(worker)) coordinator_.returned(worker);
    }
    const std::string why = fmt::format(
        "rank {} on {} has said nothing for {} (stopped, or its node hangs); what its workers did since their last "
        "checkpoint is lost",
        rank, where, text::duration(ranks_.patience()));
    log::error("{}", why);
    begin_drain(fmt::format("without rank {} the job cannot go on", rank));
  }
}

void Engine::begin_drain(const std::string& why) {
  if (std::exchange(draining_, true)) return;
  if (!why.empty()) spdlog::log(error_code_ ? spdlog::level::err : spdlog::level::info, "stopping: {}", why);
  // Looked at before workers are asked to stop: one that has not trained a step yet writes a checkpoint then, too.
  has_checkpoint_ = has_checkpoint_ || Kept(paths_).has_more_than(kept_at_start_);
  coordinator_.drain();
  workers_.drain();
}

}  // namespace eigensweep::sweep
