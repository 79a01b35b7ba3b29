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
#include "eigensweep/sweep/bring_up.hpp"
#include "eigensweep/sweep/signals.hpp"
#include "eigensweep/wire/record.hpp"

namespace eigensweep::sweep {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::microseconds shortest{200};
constexpr std::chrono::microseconds longest{20000};  // 50 wake-ups a second: an idle rank costs no core

/// A progress message that need not be sent on: rank 0 hears so often of each worker that it is not kept from its work.
bool is_redundant(const Json& event, int ranks, std::vector<Clock::time_point>& told_at) {
  if (event.value("type", "") != "progress") return false;
  const auto slot = event.at("slot").get<std::size_t>();
  if (slot >= told_at.size()) told_at.resize(slot + 1);
  const auto now = Clock::now();
  if (now - told_at[slot] < std::chrono::duration<double>(ranks / most_progress_per_second)) return true;
  told_at[slot] = now;
  return false;
}

std::unique_ptr<Supervisor> make_supervisor(const Json& message, const RunOptions& options) {
  std::vector<Supervisor::Slot> slots;
  for (const Json& entry : message.at("places")) {
    const Place place = place_from_json(entry);
    slots.push_back({worker_command(place, std::filesystem::path(message.at("logs").get<std::string>()))});
  }
  return std::make_unique<Supervisor>(std::move(slots), options.patience);
}

}  // namespace

ExitCode follow(const RunOptions& options, Communicator& communicator, const Share& share) {
  const Signals signals;
  communicator.send(0, to_json(introduce(options, communicator, share)));
  std::unique_ptr<Supervisor> supervisor;  // once rank 0 has sent the settings
  std::chrono::microseconds pause = shortest;
  std::vector<Clock::time_point> told_progress_at;
  bool has_told = false;
  Clock::time_point spoke = Clock::now();
  // Watched from its settings until it writes results.h5, which may take as long as it likes.
  std::optional<RankWatch> leader;
  const double rank_timeout = options.rank_timeout.value_or(usual_rank_timeout);
  const std::chrono::duration<double> life_sign(rank_timeout / signs_of_life);
  const auto seconds = [begin = Clock::now()] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  for (;;) {
    bool is_quiet = true;
    if (supervisor) {
      Json events = Json::array();
      std::vector<std::uint8_t> records;
      for (Json& event : supervisor->turn(pause, signals.descriptor())) {
        if (is_redundant(event, communicator.size(), told_progress_at)) continue;
        if (event.value("type", "") == "record") wire::detach_record(event, records);
        events.push_back(std::move(event));
      }
      if (!events.empty()) {
        communicator.send(0, {{"type", "events"}, {"events", std::move(events)}}, records);
        is_quiet = false;
        spoke = Clock::now();
      } else if (Clock::now() - spoke > life_sign) {
        communicator.send(0, {{"type", "alive"}});
        spoke = Clock::now();
      }
    } else {
      ::usleep(static_cast<useconds_t>(pause.count()));
    }
    if (leader && !leader->look(seconds()).empty()) {
      log::error("rank 0 has said nothing for {} (stopped, or its node hangs); the same command continues",
                 text::duration(rank_timeout));
      supervisor->drain();
      supervisor->quit();
      communicator.abort(ExitCode::continue_later);
    }
    signals.clear();
    if (signals.stop_requests() > 0 && !has_told) {
      has_told = true;
      if (supervisor) supervisor->drain();
      communicator.send(0, {{"type", "stop"}});
    }
    while (auto message = communicator.receive()) {
      is_quiet = false;
      const Json& content = message->content;
      const std::string type = content.at("type").get<std::string>();
      if (leader) leader->heard(0, seconds());
      if (type == "probe") {
        communicator.send(0, answer_probe(content, communicator));
      } else if (type == "settings") {
        supervisor = make_supervisor(content, options);
        if (has_told) supervisor->drain();
        leader.emplace(0, 1, rank_timeout);
        leader->heard(0, seconds());
      } else if (type == "concluding") {
        leader.reset();
      } else if (type == "task") {
        supervisor->give(content.at("slot").get<std::size_t>(), content.at("task"));
      } else if (type == "doubt") {
        supervisor->doubt(content.at("slot").get<std::size_t>(), content.at("seconds").get<double>());
      } else if (type == "drain" && supervisor) {
        supervisor->drain();
      } else if (type == "kill" && supervisor) {
        supervisor->kill();
      } else if (type == "quit") {
        if (supervisor) supervisor->quit();
        communicator.send(0, {{"type", "bye"}});
        communicator.flush();
        return static_cast<ExitCode>(content.at("code").get<int>());
      }
    }
    pause = is_quiet ? std::min(2 * pause, longest) : shortest;
  }
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
    if (at_once) communicator.send(rank, {{"type", "kill"}});
    communicator.send(rank, {{"type", "quit"}, {"code", static_cast<int>(code)}});
  }
  const auto start = Clock::now();
  while (!staying.empty() && Clock::now() - start < std::chrono::duration<double>(ranks.patience())) {
    while (const auto message = communicator.receive()) {
      if (message->content.value("type", "") == "bye") staying.erase(message->source);
    }
    ::usleep(static_cast<useconds_t>(shortest.count()));
  }
  for (const int rank : staying) log::warn("rank {} has not left: it is ended", rank);
  // The others would wait where MPI ends, for a rank that never comes there.
  if (!is_whole || !staying.empty()) communicator.abort(code);
  communicator.flush();
}

}  // namespace eigensweep::sweep
