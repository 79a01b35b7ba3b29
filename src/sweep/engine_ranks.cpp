// SPDX-License-Identifier: MIT
// What the engine does about a rank that no longer answers: it goes on without its workers to a good end, from which
// the next start continues.
#include "eigensweep/core/log.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/sweep/engine.hpp"
#include "eigensweep/wire/codec.hpp"

namespace eigensweep::sweep {

void Engine::look_at_ranks() {
  if (seconds() >= next_life_sign_) {
    workers_.tell_ranks(wire::framed(wire::Alive{}));
    next_life_sign_ = seconds() + ranks_.patience() / signs_of_life;
  }
  for (const int rank : ranks_.look(seconds())) {
    std::string where;
    for (std::size_t worker = 0; worker < status_.workers.size(); ++worker) {
      WorkerStatus& status = status_.workers[worker];
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

}  // namespace eigensweep::sweep
