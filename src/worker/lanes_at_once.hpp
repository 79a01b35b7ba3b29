// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "eigensweep/worker/run_pack.hpp"
#include "stopwatch.hpp"

namespace eigensweep::worker {

/// Runs the lanes of a pack that know nothing of each other, on up to `threads` threads. The hooks and `send` are
/// called by this thread alone, `send` as each lane ends, so records come in any order. `run(lane, should_stop)`: a
/// lane's result, or nothing where should_stop() said yes. `send(lane, result, seconds)`. Says whether every lane
/// finished. Throws what a lane threw, once the other threads have stopped.
template <class Result, class Run, class Send>
bool lanes_at_once(const PackHooks& hooks, std::size_t lanes, int threads, const Run& run, const Send& send) {
  struct Done {
    std::size_t lane;
    std::optional<Result> result;
    double seconds;
  };
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Done> done;
  std::exception_ptr thrown;
  std::size_t at_work = std::clamp<std::size_t>(static_cast<std::size_t>(std::max(threads, 1)), 1, lanes);

  const auto work = [&] {
    try {
      for (std::size_t lane = next++; lane < lanes && !stop; lane = next++) {
        const Stopwatch watched;
        std::optional<Result> result = run(lane, [&] { return stop.load(); });
        const std::lock_guard lock(mutex);
        done.push_back({lane, std::move(result), watched.seconds()});
        changed.notify_one();
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      thrown = std::current_exception();
      stop = true;
    }
    const std::lock_guard lock(mutex);
    --at_work;
    changed.notify_one();
  };
  std::vector<std::jthread> workers;
  for (std::size_t i = at_work; i > 0; --i) workers.emplace_back(work);

  std::size_t finished = 0;
  std::unique_lock lock(mutex);
  while (at_work > 0 || !done.empty()) {
    if (done.empty()) changed.wait_for(lock, std::chrono::milliseconds(100));
    if (!done.empty()) {
      const Done one = std::move(done.front());
      done.pop_front();
      lock.unlock();
      try {
        if (one.result) {
          ++finished;
          send(one.lane, *one.result, one.seconds);
        }
      } catch (...) {
        stop = true;  // or the destructors of the threads wait for all lanes
        throw;
      }
      lock.lock();
    }
    lock.unlock();
    if (hooks.should_stop && hooks.should_stop()) stop = true;
    // A lane may take minutes; a silent worker would be taken for hung.
    if (hooks.progress && hooks.wants_losses && hooks.wants_losses()) {
      training::Progress progress;
      progress.epoch = static_cast<std::int64_t>(finished);
      progress.epochs = static_cast<std::int64_t>(lanes);
      hooks.progress(nullptr, progress);
    }
    lock.lock();
  }
  if (thrown) std::rethrow_exception(thrown);
  return finished == lanes;
}

}  // namespace eigensweep::worker
