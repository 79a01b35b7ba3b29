// SPDX-License-Identifier: MIT
#include "follow.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>

#include "eigensweep/core/log.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/sweep/job/bring_up.hpp"
#include "eigensweep/sweep/process/signals.hpp"
#include "eigensweep/sweep/schedule/pace.hpp"
#include "eigensweep/sweep/schedule/progress_limit.hpp"
#include "eigensweep/wire/codec.hpp"

namespace eigensweep::sweep {
namespace {

using Clock = std::chrono::steady_clock;

/// The main loop of every rank but 0.
class Follower {
 public:
  Follower(const RunOptions& options, Communicator& communicator)
      : options_(options),
        communicator_(communicator),
        rank_timeout_(options.rank_timeout.value_or(usual_rank_timeout)) {}

  /// Runs until rank 0 sends Leave; returns its exit code.
  ExitCode run() {
    while (!leave_) {
      bool is_quiet = !tell_events();
      watch_leader();
      look_at_signals();
      while (auto letter = communicator_.receive()) {
        is_quiet = false;
        if (leader_) leader_->heard(0, seconds());
        for (const wire::ToFollower& message : wire::unframed_all<wire::ToFollower>(letter->frames)) {
          if (!leave_) std::visit([this](const auto& one) { obey(one); }, message);
        }
      }
      pause_ = is_quiet ? std::min(2 * pause_, longest_follower_pause) : shortest_pause;
    }
    communicator_.flush();
    return *leave_;
  }

 private:
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

  /// Sends the events of the workers to rank 0, or a heartbeat if one is due. Returns whether there were events.
  bool tell_events() {
    if (!supervisor_) {
      ::usleep(static_cast<useconds_t>(pause_.count()));
      return false;
    }
    wire::Bytes letter;
    for (const wire::Event& event : supervisor_->turn(pause_, signals_.descriptor())) {
      if (is_redundant(event)) continue;
      const wire::Bytes frame = wire::framed(event);
      letter.insert(letter.end(), frame.begin(), frame.end());
    }
    const bool has_news = !letter.empty();
    if (!has_news && Clock::now() - spoke_ <= std::chrono::duration<double>(rank_timeout_ / signs_of_life))
      return false;
    communicator_.send(0, has_news ? std::move(letter) : wire::framed(wire::Alive{}));
    spoke_ = Clock::now();
    return has_news;
  }

  /// Whether rank 0 need not hear of an event.
  bool is_redundant(const wire::Event& event) {
    const auto* progress = std::get_if<wire::Progress>(&event.what);
    return progress != nullptr && !progress_limit_->passes(event.slot, *progress, seconds());
  }

  void watch_leader() {
    if (!leader_ || leader_->look(seconds()).empty()) return;
    log::error("rank 0 has said nothing for {} (stopped, or its node hangs); the same command continues",
               text::duration(rank_timeout_));
    supervisor_->drain();
    supervisor_->quit();
    communicator_.abort(ExitCode::continue_later);
  }

  void look_at_signals() {
    signals_.clear();
    if (signals_.stop_requests() == 0 || has_told_) return;
    has_told_ = true;
    if (supervisor_) supervisor_->drain();
    communicator_.send(0, wire::framed(wire::Stopping{}));
  }

  void obey(const wire::Alive& /*alive*/) {}
  void obey(const wire::Probe& probe) { communicator_.send(0, wire::framed(answer_probe(probe, communicator_))); }
  void obey(const wire::Settings& settings) {
    std::vector<Supervisor::Slot> slots;
    for (const wire::WorkerPlace& place : settings.places) slots.push_back({worker_command(place, settings.logs)});
    // The other ranks are taken to have as many workers.
    progress_limit_.emplace(slots.size() * static_cast<std::size_t>(communicator_.size()));
    supervisor_ = std::make_unique<Supervisor>(std::move(slots), options_.patience);
    if (has_told_) {
      supervisor_->drain();
      // Rank 0 did not listen for it before it sent the settings.
      communicator_.send(0, wire::framed(wire::Stopping{}));
    }
    leader_.emplace(0, 1, rank_timeout_);
    leader_->heard(0, seconds());
  }
  void obey(const wire::Concluding& /*concluding*/) { leader_.reset(); }
  void obey(const wire::Give& give) { supervisor_->give(give.slot, give.bytes); }
  void obey(const wire::Doubt& doubt) { supervisor_->doubt(doubt.slot, doubt.seconds); }
  void obey(const wire::Drain& /*drain*/) {
    if (supervisor_) supervisor_->drain();
  }
  void obey(const wire::Kill& /*kill*/) {
    if (supervisor_) supervisor_->kill();
  }
  void obey(const wire::Leave& leave) {
    if (supervisor_) supervisor_->quit();
    communicator_.send(0, wire::framed(wire::Bye{}));
    leave_ = static_cast<ExitCode>(leave.code);
  }

  const RunOptions& options_;
  Communicator& communicator_;
  const double rank_timeout_;
  const Signals signals_;
  const Clock::time_point begin_ = Clock::now();
  std::unique_ptr<Supervisor> supervisor_;  ///< once rank 0 has sent the settings
  std::optional<RankWatch> leader_;         ///< from the settings until rank 0 concludes
  std::optional<ExitCode> leave_;
  std::chrono::microseconds pause_ = shortest_pause;
  std::optional<ProgressLimit> progress_limit_;  ///< from the settings on
  Clock::time_point spoke_ = Clock::now();
  bool has_told_ = false;
};

}  // namespace

namespace {

bool has_bye(const Letter& letter) {
  try {
    for (const wire::ToLeader& message : wire::unframed_all<wire::ToLeader>(letter.frames)) {
      if (std::holds_alternative<wire::Bye>(message)) return true;
    }
  } catch (const DataError&) {
    // A rank of another build. The run ends with a message about that, which must not be lost here.
  }
  return false;
}

}  // namespace

ExitCode follow(const RunOptions& options, Communicator& communicator, const Share& share) {
  Follower follower(options, communicator);
  communicator.send(0, wire::framed(introduce(options, communicator, share)));
  return follower.run();
}

void send_away(Communicator& communicator, const RankWatch& ranks, ExitCode code, bool at_once) {
  std::set<int> staying;
  bool is_whole = true;
  for (int rank = 1; rank < communicator.size(); ++rank) {
    if (ranks.is_silent(rank)) {
      is_whole = false;
      continue;
    }
    staying.insert(rank);
    if (at_once) communicator.send(rank, wire::framed(wire::Kill{}));
    communicator.send(rank, wire::framed(wire::Leave{static_cast<int>(code)}));
  }
  const auto start = Clock::now();
  while (!staying.empty() && Clock::now() - start < std::chrono::duration<double>(ranks.patience())) {
    while (const auto letter = communicator.receive()) {
      if (has_bye(*letter)) staying.erase(letter->source);
    }
    ::usleep(static_cast<useconds_t>(shortest_pause.count()));
  }
  for (const int rank : staying) log::warn("rank {} has not left: it is ended", rank);
  // Otherwise all ranks would wait in MPI_Finalize for a rank that never gets there.
  if (!is_whole || !staying.empty()) communicator.abort(code);
  communicator.flush();
}

}  // namespace eigensweep::sweep
