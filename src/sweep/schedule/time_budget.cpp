// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/time_budget.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "eigensweep/core/duration.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::sweep {
namespace {

constexpr double leave = 5;               // seconds for the exit of all ranks, and for the rest of the batch script
constexpr double settle = 5;              // seconds for the signal to reach the workers, and for their exit
constexpr double checkpoint_speed = 2e8;  // bytes per second to a shared file system
constexpr double most_margin = 0.2;       // of the limit: a larger margin would leave too little time to work
constexpr double safety = 2;              // a measured duration may be so many times as long the next time

std::string first_line_of(const std::string& command) {
  FILE* stream = ::popen(command.c_str(), "r");
  if (stream == nullptr) return "";
  std::array<char, 128> buffer{};
  const bool read = std::fgets(buffer.data(), buffer.size(), stream) != nullptr;
  ::pclose(stream);
  if (!read) return "";
  const std::string_view line(buffer.data());
  return std::string(line.substr(0, line.find_first_of(" \r\n")));
}

std::optional<long long> whole_number(const char* text) {
  if (text == nullptr) return std::nullopt;
  long long value = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || stop != end || value <= 0) return std::nullopt;
  return value;
}

}  // namespace

TimeBudget::TimeBudget(std::optional<double> limit, std::optional<double> margin) : limit_(limit), margin_(margin) {
  if (limit_ && margin_ && *margin_ >= *limit_) {
    throw ConfigError(fmt::format("--time-margin: {} is no less than the time that the run has, {}; make it shorter",
                                  text::duration(*margin_), text::duration(*limit_)));
  }
}

double TimeBudget::margin() const noexcept {
  if (margin_) return *margin_;
  const double wanted = leave + settle + safety * (publish_ + silence_) + bytes_ / checkpoint_speed;
  return std::min(wanted, most_margin * limit());
}

double TimeBudget::reserve() const noexcept { return std::min(leave + safety * publish_, margin() / 2); }

bool TimeBudget::can_start(double now, double least) const noexcept {
  return !limit_ || now + safety * (start_ + least) < *limit_ - margin();
}

std::optional<double> slurm_time_left() {
  const auto job = whole_number(std::getenv("SLURM_JOB_ID"));
  if (!job) return std::nullopt;
  if (const auto end = whole_number(std::getenv("SLURM_JOB_END_TIME"))) {
    const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    return std::max(1.0, static_cast<double>(*end) - now);
  }
  // UNLIMITED, INVALID and NOT_SET do not parse. The timeout is for a SLURM controller that is too busy to answer.
  return text::parse_duration(first_line_of(fmt::format("timeout 20 squeue -h -j {} -o %L 2>/dev/null", *job)));
}

}  // namespace eigensweep::sweep
