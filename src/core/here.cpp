// SPDX-License-Identifier: MIT
#include "eigensweep/core/here.hpp"

#include <fmt/chrono.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>

namespace eigensweep {

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::string utc_now() {
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

double peak_resident_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  constexpr double kibibyte = 1024;
  return static_cast<double>(usage.ru_maxrss) * kibibyte;
}

}  // namespace eigensweep
