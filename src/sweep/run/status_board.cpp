// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/run/status_board.hpp"

#include <unistd.h>

#include <exception>
#include <utility>

#include "eigensweep/core/file.hpp"
#include "eigensweep/core/here.hpp"
#include "eigensweep/core/log.hpp"

namespace eigensweep::sweep {
namespace {

constexpr double show_pause = 0.1;  // seconds between two looks at every worker
constexpr double write_pause = 2;   // seconds between two status.json

}  // namespace

StatusBoard::StatusBoard(RunStatus status, const std::vector<wire::WorkerPlace>& places, About about, Show show)
    : status_(std::move(status)),
      about_(std::move(about)),
      show_(std::move(show)),
      started_at_(utc_now()),
      records_(places.size(), 0) {
  for (const wire::WorkerPlace& place : places) {
    WorkerStatus worker;
    worker.place = place;
    status_.workers.push_back(std::move(worker));
  }
}

void StatusBoard::began(std::size_t worker, const study::Pack& pack, double train_share, double now) {
  WorkerStatus fresh;
  fresh.place = std::move(status_.workers[worker].place);
  fresh.losses_in_all = status_.workers[worker].losses_in_all;
  fresh.state = WorkerState::starting;
  fresh.pack = pack.id;
  fresh.lanes = pack.lanes.size();
  fresh.flops = pack.flops;
  fresh.train_share = train_share;
  fresh.started = now;
  status_.workers[worker] = std::move(fresh);
  records_[worker] = 0;
}

void StatusBoard::finished(std::size_t worker, double now) {
  WorkerStatus& status = status_.workers[worker];
  ++status_.packs_done;
  status_.finished_flops += status.flops;
  status_.busy_seconds += now - status.started;
  status.state = WorkerState::idle;
}

void StatusBoard::tick(const Coordinator& coordinator, double now) {
  status_.elapsed = now;
  if (now < next_look_) return;
  next_look_ = now + show_pause;
  status_.packs_waiting = coordinator.waiting();
  status_.waiting_flops = coordinator.waiting_flops();
  for (std::size_t i = 0; i < status_.workers.size(); ++i) {
    const std::size_t expected = coordinator.expected_evaluations(i);
    status_.workers[i].records = expected == 0 ? 0.0 : static_cast<double>(records_[i]) / static_cast<double>(expected);
  }
  show_(status_);
  if (now < next_write_) return;
  next_write_ = now + write_pause;
  if (const std::string problem = write(); !problem.empty() && !std::exchange(has_warned_, true)) {
    log::warn("{}", problem);
  }
}

std::string StatusBoard::write() noexcept {
  try {
    Json json = to_json(status_);
    json["folder"] = about_.folder.string();
    json["host"] = host_name();
    json["pid"] = ::getpid();
    json["ranks"] = about_.ranks;
    json["started"] = started_at_;
    json["updated"] = utc_now();
    file::write_atomically(about_.file, json_text(json, 2) + "\n");
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace eigensweep::sweep
