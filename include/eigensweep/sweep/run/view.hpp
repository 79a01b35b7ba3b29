// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "eigensweep/sweep/schedule/monitor.hpp"

namespace eigensweep::sweep {

/// The live view's lines, none longer than `width`, at most `height` of them: a line for the whole, then one per busy
/// worker.
std::vector<std::string> live_lines(const RunStatus& status, std::size_t width, std::size_t height);
/// The same in one line, for a log file.
std::string log_line(const RunStatus& status);
/// What `eigensweep status` prints.
std::string status_text(const Json& status, bool is_alive);

/// Shows progress where it helps: redrawn in place twice a second when standard error is a terminal, else a line in the
/// log after 10 s and then ever more rarely, at least at each tenth of the trials.
class View {
 public:
  View();
  /// Takes the live view off the screen; what was logged stays.
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
