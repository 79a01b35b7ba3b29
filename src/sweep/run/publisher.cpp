// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/run/publisher.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "eigensweep/core/log.hpp"

namespace eigensweep::sweep {

Publisher::Publisher(Publish publish, Launch launch) : publish_(std::move(publish)), launch_(std::move(launch)) {}

std::future<Publisher::Warnings> Publisher::in_a_thread(const Publish& publish) {
  return std::async(std::launch::async, publish);
}

std::optional<double> Publisher::turn(double now, bool may_begin) {
  if (running_.valid()) {
    const bool has_ended = running_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    return has_ended ? finish(now) : std::nullopt;
  }
  if (!has_news_ || now < next_ || !may_begin) return std::nullopt;
  // Records that are appended from now on need another publication.
  has_news_ = false;
  began_ = now;
  running_ = launch_(publish_);
  return std::nullopt;
}

std::optional<double> Publisher::finish(double now) {
  if (!running_.valid()) return std::nullopt;
  try {
    say_once(running_.get());
  } catch (const std::exception& error) {
    // No data is lost: the ledger has all records, and results.h5 is written again at the end of the run.
    log::warn("{}", error.what());
    has_news_ = true;
  }
  const double taken = now - began_;
  next_ = now + std::max(least_pause, share * taken);
  return taken;
}

void Publisher::publish_last() {
  if (has_news_) say_once(publish_());
}

void Publisher::say_once(const Warnings& warnings) {
  for (const std::string& warning : warnings) {
    if (said_.insert(warning).second) log::warn("{}", warning);
  }
}

}  // namespace eigensweep::sweep
