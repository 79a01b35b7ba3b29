// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "eigensweep/sweep/schedule/monitor.hpp"

namespace eigensweep::sweep {

/// The lines of the live view, at most `height` lines of at most `width` bytes: one for the whole run, then one per
/// busy worker.
std::vector<std::string> live_lines(const RunStatus& status, std::size_t width, std::size_t height);
/// The status of the whole run in one line, for a log file.
std::string log_line(const RunStatus& status);
/// What this host knows of the run that wrote a status.json.
enum class Life {
  alive,  ///< it holds the output folder
  gone,
  unseen  ///< it is of another host, whose locks may not reach this one
};
/// The output of `eigensweep status`. `age`: seconds since the status was written. Of an unseen run only that tells
/// whether it lives; infinite if unknown.
std::string status_text(const Json& status, Life life, double age);

/// Shows progress. On a terminal (standard error), it redraws a few lines twice a second. Otherwise it logs a line
/// after 10 s, then at growing intervals of up to 60 s; a completed tenth of the trials can halve an interval.
class View {
 public:
  View();
  /// Erases the live view; log lines stay on the screen.
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  [[nodiscard]] bool is_live() const noexcept { return sink_ != nullptr; }
  void update(const RunStatus& status);

 private:
  class Sink;
  std::shared_ptr<Sink> sink_;
  double next_draw_ = 0;  // seconds of RunStatus::elapsed
  double next_line_ = 10;
  double pause_ = 10;
  std::size_t last_tenth_ = 0;
  bool has_started_ = false;
};

}  // namespace eigensweep::sweep
