// SPDX-License-Identifier: MIT
#include "eigensweep/core/here.hpp"

#include <fmt/chrono.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

namespace eigensweep {

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::string utc_now() {
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

std::optional<double> seconds_since(const std::string& utc) {
  std::tm then{};
  const char* end = ::strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &then);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return std::max(0.0, std::difftime(std::time(nullptr), ::timegm(&then)));
}

std::vector<int> allowed_cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (::sched_getaffinity(0, sizeof(mask), &mask) != 0) {
    for (long i = 0; i < ::sysconf(_SC_NPROCESSORS_ONLN) && i < CPU_SETSIZE; ++i)
      CPU_SET(static_cast<std::size_t>(i), &mask);
  }
  std::vector<int> cpus;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(static_cast<std::size_t>(i), &mask)) cpus.push_back(i);
  }
  return cpus;
}

std::string cpu_list(std::vector<int> cpus) {
  std::sort(cpus.begin(), cpus.end());
  std::string list;
  for (std::size_t start = 0; start < cpus.size();) {
    std::size_t end = start + 1;
    while (end < cpus.size() && cpus[end] == cpus[end - 1] + 1) ++end;
    list += fmt::format("{}{}", list.empty() ? "" : ",", cpus[start]);
    if (end - start > 1) list += fmt::format("-{}", cpus[end - 1]);
    start = end;
  }
  return list;
}

double peak_resident_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  constexpr double kibibyte = 1024;
  return static_cast<double>(usage.ru_maxrss) * kibibyte;
}

}  // namespace eigensweep
