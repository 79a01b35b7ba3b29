// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/run/view.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "eigensweep/core/log.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::sweep {
namespace {

std::string rate_text(double per_second) {
  if (per_second >= 1) return fmt::format("{:.1f} trials/s", per_second);
  if (per_second * 60 >= 1) return fmt::format("{:.1f} trials/min", per_second * 60);
  return fmt::format("{:.1f} trials/h", per_second * 3600);
}

std::string loss_range(const std::vector<double>& losses) {
  double low = INFINITY;
  double high = -INFINITY;
  for (const double loss : losses) {
    if (!std::isfinite(loss)) continue;
    low = std::min(low, loss);
    high = std::max(high, loss);
  }
  if (low > high) return "";
  return low == high ? fmt::format("loss {:.3g}", low) : fmt::format("loss {:.3g} to {:.3g}", low, high);
}

std::string counts(const RunStatus& status) {
  std::string text = fmt::format("{} of {} trials, {} running", text::thousands(static_cast<long long>(status.done)),
                                 text::thousands(static_cast<long long>(status.trials)), status.running_trials());
  if (status.failed > 0) text += fmt::format(", {} failed", status.failed);
  if (status.diverged > 0) text += fmt::format(", {} diverged", status.diverged);
  return text;
}

std::string speed(const RunStatus& status) {
  std::string text;
  if (const auto rate = status.rate()) text += ", " + rate_text(*rate);
  if (const auto left = status.time_left()) text += fmt::format(", {} left", text::duration(*left));
  return text;
}

std::string bar(const RunStatus& status, std::size_t width) {
  double share = 0;
  if (status.trials > 0) share = std::min(1.0, static_cast<double>(status.done) / static_cast<double>(status.trials));
  const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
  return "[" + std::string(full, '#') + std::string(width - full, '-') + "]";
}

std::string worker_line(const WorkerStatus& worker, std::size_t index) {
  std::string line = fmt::format("  worker {:<3} {:<7} {:>3} {}  ", index, worker.place.device, worker.lanes,
                                 worker.lanes == 1 ? "trial " : "trials");
  if (worker.state == WorkerState::starting) return line + "starting";
  line += stage_text(worker);
  if (worker.stage == wire::Stage::train && worker.epochs > 0) {
    line += fmt::format("  epoch {}/{}", std::min(worker.epoch + 1, worker.epochs), worker.epochs);
    if (worker.steps > 1) line += fmt::format("  step {}/{}", worker.step, worker.steps);
  }
  if (const std::string losses = loss_range(worker.losses); !losses.empty()) line += "  " + losses;
  return line;
}

/// The beginning of a line that fits: whole words, since half of a number is another number.
std::string cut(const std::string& line, std::size_t width) {
  if (line.size() <= width) return line;
  const std::size_t gap = line.find_last_of(' ', width);
  const std::size_t last = gap == std::string::npos ? gap : line.find_last_not_of(' ', gap);
  return line.substr(0, last == std::string::npos ? width : last + 1);
}

/// The command that continues a run.
std::string continue_command(const Json& status) {
  const std::string command = status.value("continue_command", "");
  if (!command.empty()) return command;
  // The run was of an earlier version.
  return fmt::format("eigensweep run {} --output {}", text::shell_path(status.value("study_file", "")),
                     text::shell_path(status.value("folder", "")));
}

/// The state of a run whose status says that it runs. Its process may have died before it could write another state.
std::string running_words(const Json& status, Life life, double age, bool is_alive) {
  const std::string host = status.value("host", "");
  const std::string process = fmt::format("process {} on {}", status.value("pid", 0L), host);
  if (life == Life::alive) return fmt::format("running ({})", process);
  if (life == Life::gone)
    return fmt::format("interrupted ({} is gone); `{}` continues", process, continue_command(status));
  if (is_alive) return fmt::format("running on {} (as of {} ago; this host cannot check)", host, text::duration(age));
  return fmt::format("unknown (last written {} by {}; this host cannot check); if that is gone, `{}` continues",
                     std::isfinite(age) ? text::duration(age) + " ago" : "at an unknown time", process,
                     continue_command(status));
}

}  // namespace

std::vector<std::string> live_lines(const RunStatus& status, std::size_t width, std::size_t height) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{} {} {}{}", status.study, bar(status, 12), counts(status), speed(status)));
  std::size_t hidden = 0;
  for (std::size_t i = 0; i < status.workers.size(); ++i) {
    const WorkerStatus& worker = status.workers[i];
    if (worker.state != WorkerState::busy && worker.state != WorkerState::starting) continue;
    if (lines.size() + 1 < height) {
      lines.push_back(worker_line(worker, i));
    } else {
      ++hidden;
    }
  }
  if (hidden > 0) lines.push_back(fmt::format("  and {} more workers", hidden));
  for (std::string& line : lines) line = cut(line, width);
  return lines;
}

std::string log_line(const RunStatus& status) {
  std::vector<double> losses;
  for (const WorkerStatus& worker : status.workers) {
    if (worker.state == WorkerState::busy) losses.insert(losses.end(), worker.losses.begin(), worker.losses.end());
  }
  const std::string range = loss_range(losses);
  return counts(status) + (range.empty() ? "" : ", " + range) + speed(status);
}

std::string status_text(const Json& status, Life life, double age) {
  const Json& trials = status.at("trials");
  const std::string state = status.value("state", "");
  const bool is_running = from_word<RunState>(state) == RunState::running;
  // A run writes its status every 2 s. Another host may see that a minute late (caches of NFS), and by another clock.
  constexpr double fresh = 120;  // seconds
  const bool is_alive = life == Life::alive || (life == Life::unseen && is_running && age < fresh);
  std::string text = fmt::format("study    {}\nstate    {}", status.value("study", ""),
                                 is_running ? running_words(status, life, age, is_alive) : state);
  if (const std::string message = status.value("message", ""); !message.empty()) {
    text += "\n         " + text::one_line(message);
  }
  text += fmt::format("\ntrials   {} of {} done, {} running, {} failed, {} diverged\n", trials.value("done", 0),
                      trials.value("total", 0), is_alive ? trials.value("running", 0) : 0, trials.value("failed", 0),
                      trials.value("diverged", 0));
  text += fmt::format("updated  {}, after {}", status.value("updated", ""),
                      text::duration(status.value("elapsed_seconds", 0.0)));
  if (is_alive) {
    if (status.at("trials_per_second").is_number()) {
      text += ", " + rate_text(status["trials_per_second"].get<double>());
    }
    if (status.at("seconds_left").is_number()) {
      text += fmt::format(", {} left", text::duration(status["seconds_left"].get<double>()));
    }
    std::size_t index = 0;
    for (const Json& entry : status.at("workers")) {
      text += fmt::format("\nworker {:<3} {} {}: {}", index++, entry.value("host", ""), entry.value("device", ""),
                          entry.value("state", ""));
      if (entry.contains("stage")) {
        text += fmt::format(", {} trials, {}", entry.value("lanes", 0), entry.value("stage", ""));
        if (entry.value("epochs", 0) > 0) {
          text += fmt::format(" epoch {}/{}", entry.value("epoch", 0) + 1, entry.value("epochs", 0));
        }
      }
    }
  }
  return text + "\n";
}

/// Shows the log on standard error, and below it a few lines that are redrawn in place. It does not change the state of
/// the terminal (cursor, modes), so that a killed run leaves the terminal usable.
class View::Sink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  void draw(const std::vector<std::string>& lines) {
    std::string out = erasure();
    for (const std::string& line : lines) out += line + "\n";
    drawn_ = lines.size();
    put(out);
  }
  void erase() { put(erasure()); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    put(erasure() + std::string(text.data(), text.size()));
  }
  void flush_() override {}

 private:
  std::string erasure() {
    const std::size_t lines = std::exchange(drawn_, 0);
    return lines == 0 ? "" : fmt::format("\r\033[{}A\033[J", lines);
  }
  static void put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }
  std::size_t drawn_ = 0;
};

View::View() {
  const char* terminal = std::getenv("TERM");
  if (::isatty(STDERR_FILENO) == 0 || terminal == nullptr || std::string_view(terminal) == "dumb") return;
  sink_ = std::make_shared<Sink>();
  const auto before = spdlog::default_logger();
  auto logger = std::make_shared<spdlog::logger>(before->name(), sink_);
  logger->set_level(before->level());
  logger->set_formatter(log::line_formatter("%H:%M:%S %n %l %v"));
  spdlog::set_default_logger(std::move(logger));
}

View::~View() {
  if (sink_) sink_->erase();
}

void View::update(const RunStatus& status) {
  if (sink_) {
    if (status.elapsed < next_draw_) return;
    constexpr double redraw_pause = 0.5;  // seconds
    next_draw_ = status.elapsed + redraw_pause;
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) size.ws_col = 80;
    if (size.ws_row == 0) size.ws_row = 24;
    constexpr std::size_t most_lines = 20;
    sink_->draw(live_lines(status, static_cast<std::size_t>(size.ws_col) - 1,
                           std::min<std::size_t>(most_lines, static_cast<std::size_t>(size.ws_row) - 1)));
    return;
  }
  const std::size_t tenth = status.trials == 0 ? 0 : 10 * status.done / status.trials;
  if (!std::exchange(has_started_, true)) last_tenth_ = tenth;
  // With tiny trials a tenth may pass many times a second, so half of the pause must be over.
  const bool passed_tenth = tenth > last_tenth_ && status.elapsed >= next_line_ - 0.5 * pause_;
  if (status.elapsed < next_line_ && !passed_tenth) return;
  last_tenth_ = tenth;
  pause_ = std::min(60.0, 2 * pause_);
  next_line_ = status.elapsed + pause_;
  log::info("{}", log_line(status));
}

}  // namespace eigensweep::sweep
