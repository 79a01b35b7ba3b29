// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/progress_limit.hpp"

#include "eigensweep/sweep/schedule/pace.hpp"

namespace eigensweep::sweep {

ProgressLimit::ProgressLimit(std::size_t workers) : pause_(static_cast<double>(workers) / most_progress_per_second) {}

bool ProgressLimit::passes(std::size_t slot, const wire::Progress& progress, double now) {
  if (slot >= sent_.size()) sent_.resize(slot + 1);
  Sent& last = sent_[slot];
  const bool is_same =
      last.pack == progress.pack && last.stage == progress.stage && last.evaluation == progress.evaluation;
  if (is_same && now - last.at < pause_) return false;
  last = {progress.pack, progress.evaluation, progress.stage, now};
  return true;
}

}  // namespace eigensweep::sweep
