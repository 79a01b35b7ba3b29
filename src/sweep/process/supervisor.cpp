// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/process/supervisor.hpp"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/sweep/schedule/silence.hpp"
#include "eigensweep/wire/codec.hpp"

namespace eigensweep::sweep {
namespace {

/// If a turn comes so much later than its wait explains, this process was stopped or busy with something else.
constexpr std::chrono::seconds longest_turn{5};
/// After so long without a word it is worth while to look how long a worker has waited for a CPU.
constexpr std::chrono::seconds short_silence{1};

}  // namespace

Supervisor::Supervisor(std::vector<Slot> slots, Patience patience, std::function<Clock::time_point()> now,
                       std::function<double(pid_t)> waiting)
    : patience_(patience), now_(std::move(now)), waiting_(std::move(waiting)) {
  for (Slot& slot : slots) {
    State state;
    state.command = std::move(slot.command);
    slots_.push_back(std::move(state));
  }
}

bool Supervisor::is_empty() const noexcept {
  return std::none_of(slots_.begin(), slots_.end(), [](const State& state) { return state.process != nullptr; });
}

pid_t Supervisor::pid(std::size_t slot) const noexcept {
  return slots_[slot].process ? slots_[slot].process->pid() : 0;
}

void Supervisor::give(std::size_t slot, const wire::Bytes& task) {
  State& state = slots_[slot];
  EIGENSWEEP_EXPECT(!state.is_busy && !state.is_retired);
  if (draining_) {  // the task was sent before rank 0 knew of the drain
    unreported_.push_back({slot, wire::Left{true}});
    return;
  }
  state.is_busy = true;
  state.heard = now_();
  state.waited.reset();
  if (!state.process) {
    state.said_hello = false;
    state.started = now_();
    state.is_leaving = false;
    try {
      state.process = std::make_unique<WorkerProcess>(state.command);
    } catch (const file::WriteError& error) {
      state.is_busy = false;
      unreported_.push_back({slot, wire::failed("", wire::Reason::output, error.what())});
      return;
    } catch (const SystemError& error) {
      lose(slot, error.what(), unreported_);
      return;
    }
  }
  state.process->send(wire::framed(wire::RunPack{task}));
}

void Supervisor::drain() {
  draining_ = true;
  for (State& state : slots_) {
    if (state.process) state.process->signal(SIGTERM);
  }
}

void Supervisor::kill() noexcept {
  draining_ = true;
  for (State& state : slots_) {
    if (state.process) state.process->signal(SIGKILL);
  }
}

void Supervisor::quit() {
  draining_ = true;
  for (State& state : slots_) {
    if (!state.process) continue;
    state.is_leaving = true;
    state.process->send(wire::framed(wire::Quit{}));
  }
  const auto start = now_();
  while (!is_empty() && now_() - start < patience_.farewell) turn(std::chrono::milliseconds(50), -1);
  for (State& state : slots_) state.process.reset();
}

std::vector<wire::Event> Supervisor::turn(std::chrono::microseconds at_most, int also) {
  std::vector<pollfd> descriptors;
  for (const State& state : slots_) {
    if (!state.process) continue;
    if (state.process->read_descriptor() >= 0) descriptors.push_back({state.process->read_descriptor(), POLLIN, 0});
    if (state.process->write_descriptor() >= 0) descriptors.push_back({state.process->write_descriptor(), POLLOUT, 0});
  }
  if (also >= 0) descriptors.push_back({also, POLLIN, 0});
  const timespec wait{at_most.count() / 1000000, (at_most.count() % 1000000) * 1000};
  ::ppoll(descriptors.data(), descriptors.size(), &wait, nullptr);
  std::vector<wire::Event> events = std::exchange(unreported_, {});
  const auto now = now_();
  forgive_absence(now, at_most);
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot].process) {
      slots_[slot].process->flush();
      listen(slot, events);
    }
    watch(slot, now, events);
  }
  return events;
}

/// When a job is suspended and resumed, supervisors and workers were stopped together. The time in between does not
/// count as silence of the workers.
void Supervisor::forgive_absence(Clock::time_point now, std::chrono::microseconds waited) {
  const auto away = now - std::exchange(looked_, now) - waited;
  if (away < longest_turn) return;
  for (State& state : slots_) state.heard = std::min(state.heard + away, now);
}

void Supervisor::listen(std::size_t slot, std::vector<wire::Event>& events) {
  State& state = slots_[slot];
  // ended() must come before receive(): so everything that a dead process wrote is in the pipe when it is read.
  const auto how = state.process->ended();
  try {
    for (wire::Frame& frame : state.process->receive()) hear(slot, std::move(frame), events);
  } catch (const std::exception& error) {
    lose(slot, fmt::format("the worker wrote what is no frame: {}", error.what()), events);
    return;
  }
  if (!how) return;
  if (state.is_leaving || (draining_ && state.process->ended_well())) {
    state.process.reset();
    const bool had_pack = std::exchange(state.is_busy, false);
    events.push_back({slot, wire::Left{had_pack}});
    // The worker was stopped by a signal from elsewhere: the slot can start another one.
    if (had_pack && !draining_) events.push_back({slot, wire::Ready{}});
    return;
  }
  std::string words = state.process->last_words();
  lose(slot, words.empty() ? *how : fmt::format("{}; its last words: {}", *how, words), events);
}

void Supervisor::hear(std::size_t slot, wire::Frame&& frame, std::vector<wire::Event>& events) {
  State& state = slots_[slot];
  wire::FromWorker said = wire::unframed<wire::FromWorker>(std::move(frame));
  state.heard = now_();
  state.waited.reset();
  const wire::Overload note{
      [&](const wire::Hello&) {
        state.said_hello = true;
        longest_hello_ = std::max(longest_hello_, std::chrono::duration<double>(state.heard - state.started).count());
      },
      [&](const wire::Finished&) {
        state.is_busy = false;
        state.losses = 0;
      },
      [&](const wire::Failed&) { state.is_busy = false; },
      [&](const wire::Drained&) { state.is_leaving = true; },
      [](const auto&) {},
  };
  std::visit(note, said);
  std::visit([&](auto& what) { events.push_back({slot, std::move(what)}); }, said);
}

void Supervisor::watch(std::size_t slot, Clock::time_point now, std::vector<wire::Event>& events) {
  State& state = slots_[slot];
  if (state.is_resting && now >= state.rest_until && !draining_) {
    state.is_resting = false;
    events.push_back({slot, wire::Ready{}});
  }
  if (!state.process || !state.is_busy) return;
  const auto silent = now - state.heard;
  if (silent > short_silence && !state.waited) state.waited = waiting_(state.process->pid());
  const std::chrono::duration<double> hello(Silence::until_hello(patience_.hello.count(), longest_hello_));
  if (!state.said_hello && silent > hello) {
    lose(slot, fmt::format("the worker did not say hello within {}", text::duration(hello.count())), events);
  } else if (state.said_hello && patience_.silence && silent > *patience_.silence) {
    hang(slot, *patience_.silence, events);
  }
}

void Supervisor::doubt(std::size_t slot, double seconds) {
  const State& state = slots_[slot];
  // Rank 0 doubts between two turns: this process may have been stopped since, or the worker's last message may still
  // be in the pipe.
  forgive_absence(now_(), {});
  if (state.process) listen(slot, unreported_);
  if (!state.process || !state.is_busy || !state.said_hello) return;
  const std::chrono::duration<double> silence(seconds);
  const std::chrono::duration<double> starved(state.waited ? waiting_(state.process->pid()) - *state.waited : 0);
  if (now_() - state.heard - starved < silence) return;
  hang(slot, silence, unreported_);
}

void Supervisor::hang(std::size_t slot, std::chrono::duration<double> silence, std::vector<wire::Event>& events) {
  const std::string words = slots_[slot].process->last_words();
  lose(slot,
       fmt::format("the worker hung: not a word for {}{}{}", text::duration(silence.count()),
                   words.empty() ? "" : "; its last words: ", words),
       events, true);
}

void Supervisor::lose(std::size_t slot, const std::string& message, std::vector<wire::Event>& events, bool hung) {
  State& state = slots_[slot];
  state.process.reset();
  const bool had_pack = std::exchange(state.is_busy, false);
  ++state.losses;
  state.losses_before_hello = state.said_hello ? 0 : state.losses_before_hello + 1;
  events.push_back({slot, wire::Lost{had_pack, state.said_hello, hung, message}});
  // A slot whose idle worker died is still free, so it needs no Ready.
  if (draining_ || !had_pack) return;
  if (state.losses >= patience_.losses_in_a_row || state.losses_before_hello >= patience_.losses_before_hello) {
    state.is_retired = true;
    events.push_back({slot, wire::Retired{message}});
    return;
  }
  constexpr std::chrono::duration<double> longest{30};
  const auto pause =
      std::min(patience_.first_pause * static_cast<double>(1U << std::min(state.losses - 1, 10)), longest);
  state.is_resting = true;
  state.rest_until = now_() + std::chrono::duration_cast<Clock::duration>(pause);
}

}  // namespace eigensweep::sweep
