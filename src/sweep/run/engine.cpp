// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/run/engine.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/sweep/schedule/pace.hpp"
#include "eigensweep/wire/codec.hpp"
#include "eigensweep/wire/ledger.hpp"

namespace eigensweep::sweep {
namespace {

RecordKeeper::Append appender(const OutputPaths& paths) {
  return [ledger = std::make_shared<wire::Ledger>(paths.ledger())](const std::vector<wire::EncodedRecord>& records) {
    ledger->append_encoded(records);
  };
}

}  // namespace

Engine::Engine(Work work, const OutputPaths& paths, const std::vector<wire::WorkerPlace>& places, RunStatus status,
               Supervisor& supervisor, TimeBudget budget, Communicator& communicator, RankWatch& ranks,
               const Signals& signals)
    : work_(std::move(work)),
      paths_(paths),
      supervisor_(supervisor),
      workers_(places, communicator.size(), supervisor,
               [&communicator](int rank, wire::Bytes frames) { communicator.send(rank, std::move(frames)); }),
      budget_(budget),
      communicator_(communicator),
      ranks_(ranks),
      signals_(signals),
      coordinator_(std::move(work_.packs), work_.keeps_models),
      keeper_(work_.trials, places.size(), Tally{status.done, status.failed, status.diverged}, appender(paths),
              [this] { return seconds(); }),
      publisher_(work_.publish),
      board_(std::move(status), places, {paths.folder(), paths.status(), communicator.size()},
             [this](const RunStatus& run) { view_.update(run); }),
      hangs_(places.size(), work_.trials.size(), work_.costs) {}

double Engine::seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

ExitCode Engine::run() {
  for (std::size_t worker = 0; worker < board_.workers().size(); ++worker) coordinator_.ready(worker);
  hand_out();
  while (!interrupted_ && !coordinator_.is_over()) {
    turn();
    if (retired_ == board_.workers().size() && coordinator_.running() == 0 && !coordinator_.is_complete()) {
      if (!error_code_) {
        error_code_ = ExitCode::system;
        error_ = any_hello_ ? "every worker was given up after too many losses (the log above tells why)"
                            : fmt::format("no worker could be started: {}", error_);
      }
      break;
    }
  }
  leave();
  return conclude();
}

void Engine::turn() {
  std::vector<Event> events;
  for (wire::Event& event : supervisor_.turn(pause_, signals_.descriptor())) {
    events.push_back({workers_.index_of(0, event.slot), std::move(event.what)});
  }
  while (auto letter = communicator_.receive()) {
    if (ranks_.is_silent(letter->source)) continue;  // too late: its packs were already returned
    ranks_.heard(letter->source, seconds());
    for (wire::ToLeader& message : wire::unframed_all<wire::ToLeader>(letter->frames)) {
      if (auto* event = std::get_if<wire::Event>(&message)) {
        events.push_back({workers_.index_of(letter->source, event->slot), std::move(event->what)});
      } else if (std::holds_alternative<wire::Stopping>(message)) {
        begin_drain(fmt::format("rank {} was asked to stop", letter->source));
      }
    }
  }
  pause_ = communicator_.size() == 1 ? pause_alone
           : events.empty()          ? std::min(2 * pause_, longest_leader_pause)
                                     : shortest_pause;
  coordinator_.at(seconds());
  for (Event& event : events) take(event);
  // All records since the last append are synced together, and are durable before any status counts them.
  if (keeper_.is_due()) save();
  for (const GivenUp& given_up : coordinator_.take_given_up()) {
    if (keeper_.give_up(given_up)) save();
  }
  look_at_signals();
  look_at_time();
  look_at_hangs();
  look_at_ranks();
  hand_out();
  tick();
}

void Engine::accept(std::size_t worker, wire::EncodedRecord&& record) {
  const std::size_t trial = keeper_.trial_of(record.trial);
  if (!coordinator_.has_pack(worker)) throw DataError(fmt::format("trial '{}' was not asked for", record.trial));
  const bool is_evaluation = record.kind == wire::RecordKind::evaluation;
  if (is_evaluation) board_.got_record(worker);
  if (!coordinator_.recorded(worker, trial, is_evaluation ? record.evaluation : "", record.status)) return;
  if (!coordinator_.is_whole_only(worker, trial)) {
    keeper_.keep(std::move(record));
    return;
  }
  keeper_.hold(worker, trial, std::move(record));
  if (coordinator_.has_all(worker, trial)) keeper_.release(worker, trial);
}

void Engine::save() {
  try {
    keeper_.save();
    publisher_.has_news();
  } catch (const SystemError& error) {
    fail(ExitCode::system, error.what());
    begin_drain(error.what());
  }
}

void Engine::fail(ExitCode code, const std::string& message) {
  if (error_code_) return;
  error_code_ = code;
  error_ = message;
}

void Engine::take(Event& event) {
  heard_of(event.worker, event.what);
  std::visit([&](auto& what) { take(event.worker, what); }, event.what);
}

void Engine::take(std::size_t worker, const wire::Hello& hello) {
  any_hello_ = true;
  board_.worker(worker).state = WorkerState::busy;
  log::debug("worker {} says hello: {}", worker, json_text(wire::to_value(hello)));
}

void Engine::take(std::size_t worker, const wire::Progress& progress) {
  apply_progress(board_.worker(worker), progress);
}

void Engine::take(std::size_t worker, wire::EncodedRecord& record) {
  try {
    accept(worker, std::move(record));
  } catch (const std::exception& error) {
    log::warn("worker {} sent a record that cannot be used: {}", worker, error.what());
  }
}

void Engine::take(std::size_t worker, const wire::Finished& /*finished*/) {
  if (!coordinator_.has_pack(worker)) return;
  board_.finished(worker, seconds());
  coordinator_.finished(worker);
}

void Engine::take(std::size_t worker, const wire::Failed& failed) {
  if (!coordinator_.has_pack(worker)) return;
  board_.worker(worker).state = WorkerState::idle;
  if (failed.reason == wire::Reason::data || failed.reason == wire::Reason::output) {
    // Every other pack would fail in the same way, so this does not count as a failure of the pack.
    fail(failed.reason == wire::Reason::data ? ExitCode::data : ExitCode::system, failed.message);
    coordinator_.returned(worker);
    begin_drain(failed.message);
    return;
  }
  log::warn("worker {} could not finish a pack of {} trials ({}): {}", worker, board_.worker(worker).lanes,
            word(failed.reason), failed.message);
  coordinator_.failed(worker, failed.reason == wire::Reason::out_of_memory ? Failure::out_of_memory : Failure::error,
                      failed.message);
}

void Engine::take(std::size_t worker, const wire::Drained& drained) {
  const bool is_training = board_.worker(worker).stage == wire::Stage::train;
  has_checkpoint_ = has_checkpoint_ || (drained.checkpoint && is_training);
}

void Engine::take(std::size_t worker, const wire::Lost& lost) {
  WorkerStatus& status = board_.worker(worker);
  status.state = WorkerState::lost;
  ++status.losses_in_all;
  if (!draining_) log::warn("lost worker {}: {}", worker, lost.message);
  if (!lost_its_pack(worker, lost.busy)) return;
  if (lost.hung) hangs_.hung(coordinator_.pack(worker));
  // A worker that died before hello has not read its pack, so the pack is not to blame.
  if (draining_ || !lost.said_hello) {
    coordinator_.returned(worker);
  } else {
    coordinator_.failed(worker, Failure::crash, lost.message);
  }
}

void Engine::take(std::size_t worker, const wire::Left& left) {
  board_.worker(worker).state = WorkerState::idle;
  if (lost_its_pack(worker, left.busy)) coordinator_.returned(worker);
}

void Engine::take(std::size_t worker, const wire::Ready& /*ready*/) {
  board_.worker(worker).state = WorkerState::idle;
  coordinator_.ready(worker);
}

void Engine::take(std::size_t worker, const wire::Retired& retired) {
  board_.worker(worker).state = WorkerState::retired;
  ++retired_;
  error_ = retired.message;
  log::error("worker {} is given up: {}", worker, error_);
}

/// Whether a worker that is gone took its pack with it. If it was idle, the pack that rank 0 has sent is still on its
/// way, and the slot will start a new worker for it, unless the run is draining.
bool Engine::lost_its_pack(std::size_t worker, bool was_busy) const {
  return coordinator_.has_pack(worker) && (draining_ || was_busy);
}

void Engine::look_at_hangs() {
  if (!supervisor_.derives_silence()) return;
  const auto pack_of = [this](std::size_t worker) {
    return coordinator_.has_pack(worker) ? &coordinator_.pack(worker) : nullptr;
  };
  for (const HangWatch::Doubtful& doubtful : hangs_.look(board_.workers(), pack_of, seconds())) {
    workers_.doubt(doubtful.worker, doubtful.allowed);
  }
}

void Engine::hand_out() {
  const auto fits = [this](const study::Pack& pack) {
    if (!budget_.is_limited()) return true;
    const double seconds_per_flop =
        board_.run().finished_flops > 0 ? board_.run().busy_seconds / board_.run().finished_flops : 0;
    return budget_.can_start(seconds(), work_.costs.least_flops(pack) * seconds_per_flop);
  };
  for (const Dispatch& dispatch : coordinator_.take_dispatches(fits)) {
    board_.began(dispatch.worker, dispatch.pack, work_.train_share(dispatch.pack), seconds());
    hangs_.gave(dispatch.worker, seconds());
    budget_.saw_pack(dispatch.pack.bytes);
    keeper_.expect(dispatch.worker, dispatch.pack);
    workers_.give(dispatch.worker, wire::encode(work_.make_task(dispatch.pack)));
  }
}

void Engine::tick() {
  take_tally();
  if (const auto took = publisher_.turn(seconds(), !draining_)) budget_.saw_publish(*took);
  board_.tick(coordinator_, seconds());
}

void Engine::take_tally() {
  const Tally& tally = keeper_.tally();
  RunStatus& status = board_.run();
  status.done = tally.done;
  status.failed = tally.failed;
  status.diverged = tally.diverged;
}

}  // namespace eigensweep::sweep
