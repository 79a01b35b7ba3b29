// SPDX-License-Identifier: MIT
#include "eigensweep/core/control_groups.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "eigensweep/core/file.hpp"

namespace eigensweep {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// mountinfo writes a space, a tab, a line end and a backslash as three octal digits.
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '\\' && i + 3 < text.size() &&
                           text.find_first_not_of("01234567", i + 1) >= std::min(i + 4, text.size());
    plain += is_escape ? static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8)) : text[i];
    if (is_escape) i += 3;
  }
  return plain;
}

/// A mounted hierarchy of control groups, and the part of it that the mount shows.
struct Mount {
  bool is_v2 = false;
  std::vector<std::string> controllers;  ///< of version 1
  std::string root;
  fs::path point;
};

std::vector<Mount> mounts_of(const fs::path& root) {
  std::vector<Mount> mounts;
  for (const std::string& line : lines_of(root / "proc/self/mountinfo")) {
    const std::vector<std::string> fields = split(line, ' ');
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 5 || fields.end() - dash < 4) continue;
    if (dash[1] != "cgroup" && dash[1] != "cgroup2") continue;
    Mount mount;
    mount.is_v2 = dash[1] == "cgroup2";
    mount.controllers = split(dash[3], ',');
    mount.root = unescaped(fields[3]);
    mount.point = root / fs::path(unescaped(fields[4])).relative_path();
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

/// The group of this process in a hierarchy, from its root.
struct Membership {
  bool is_v2 = false;
  std::vector<std::string> controllers;
  std::string path;
};

std::vector<Membership> memberships_of(const fs::path& root) {
  std::vector<Membership> memberships;
  for (const std::string& line : lines_of(root / "proc/self/cgroup")) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    Membership membership;
    membership.controllers = split(line.substr(first + 1, second - first - 1), ',');
    membership.is_v2 = membership.controllers.empty();
    membership.path = line.substr(second + 1);
    memberships.push_back(std::move(membership));
  }
  return memberships;
}

/// The folders of a group and of its parents, as far as the mount shows them. Inside a container the group may be the
/// mount's root, or have its path from outside, at which the container sees no folder.
std::vector<fs::path> folders_of(const Mount& mount, const std::string& path) {
  std::string below;
  if (mount.root == "/") {
    below = path;
  } else if (path.starts_with(mount.root + "/")) {
    below = path.substr(mount.root.size());
  }
  fs::path relative = fs::path(below).relative_path().lexically_normal();
  std::vector<fs::path> folders;
  while (!relative.empty() && relative != "." && !relative.string().starts_with("..")) {
    folders.push_back(mount.point / relative);
    relative = relative.parent_path();
  }
  folders.push_back(mount.point);
  return folders;
}

std::string identity_of(const fs::path& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return folder.string();
  return fmt::format("{}:{}:{}", major(status.st_dev), minor(status.st_dev), status.st_ino);
}

class Reader {
 public:
  explicit Reader(GroupLimits& limits) : limits_(limits) {}

  void read_v2(const fs::path& folder) {
    if (const auto words = words_of(folder / "cpu.max"); words && words->front() != "max") {
      const auto quota = number(words->front()), period = number(words->size() > 1 ? (*words)[1] : "100000");
      if (quota && period && *period > 0) {
        add_cores(*quota / *period, folder, "cpu.max");
      } else {
        complain(folder / "cpu.max", "no quota and period");
      }
    }
    for (const char* name : {"memory.max", "memory.high"}) read_memory(folder, name, "memory.current", "inactive_file");
  }

  void read_v1(const fs::path& folder, bool is_cpu) {
    if (!is_cpu) {
      read_memory(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
      return;
    }
    const auto words = words_of(folder / "cpu.cfs_quota_us");
    if (!words || words->front() == "-1") return;
    const auto period_words = words_of(folder / "cpu.cfs_period_us");
    const auto quota = number(words->front()), period = number(period_words ? period_words->front() : "");
    if (quota && period && *period > 0) {
      add_cores(*quota / *period, folder, "cpu.cfs_quota_us");
    } else {
      complain(folder / "cpu.cfs_quota_us", "no quota, or one without a period");
    }
  }

 private:
  /// The words of a file; nothing if it is not there.
  std::optional<std::vector<std::string>> words_of(const fs::path& path) {
    errno = 0;
    std::ifstream stream(path);
    std::string text;
    if (stream && std::getline(stream, text)) {
      std::vector<std::string> words;
      std::istringstream line(text);
      for (std::string word; line >> word;) words.push_back(word);
      if (!words.empty()) return words;
    }
    std::error_code error;
    if (fs::exists(path, error) || error) complain(path, errno == 0 ? "it is empty" : file::system_message(errno));
    return std::nullopt;
  }

  static std::optional<double> number(const std::string& word) {
    char* end = nullptr;
    const double value = std::strtod(word.c_str(), &end);
    if (word.empty() || *end != '\0' || !(value > 0)) return std::nullopt;
    return value;
  }

  void read_memory(const fs::path& folder, const char* name, const char* usage, const char* reclaimable) {
    const auto words = words_of(folder / name);
    if (!words || words->front() == "max" || words->front() == "-1") return;
    const auto limit = number(words->front());
    if (!limit) {
      complain(folder / name, "no number of bytes");
      return;
    }
    double used = 0;
    if (const auto in_use = words_of(folder / usage)) used = number(in_use->front()).value_or(0);
    for (const std::string& line : lines_of(folder / "memory.stat")) {
      const std::vector<std::string> entry = split(line, ' ');
      if (entry.size() == 2 && entry[0] == reclaimable) used -= number(entry[1]).value_or(0);
    }
    limits_.memory.push_back({*limit, (folder / name).string(), identity_of(folder), std::max(0.0, used)});
  }

  void add_cores(double cores, const fs::path& folder, const char* name) {
    limits_.cores.push_back({cores, (folder / name).string(), identity_of(folder), 0});
  }

  void complain(const fs::path& path, const std::string& what) {
    limits_.problems.push_back(
        fmt::format("{}: cannot be understood: {} (its limit is not known and not kept to)", path.string(), what));
  }

  GroupLimits& limits_;
};

}  // namespace

fs::path system_root() {
  const char* given = std::getenv("EIGENSWEEP_SYSTEM_ROOT");
  return given != nullptr && *given != '\0' ? given : "/";
}

GroupLimits group_limits(const fs::path& root) {
  GroupLimits limits;
  Reader reader(limits);
  const std::vector<Membership> memberships = memberships_of(root);
  for (const Mount& mount : mounts_of(root)) {
    for (const Membership& membership : memberships) {
      if (membership.is_v2 != mount.is_v2) continue;
      if (mount.is_v2) {
        for (const fs::path& folder : folders_of(mount, membership.path)) reader.read_v2(folder);
        continue;
      }
      for (const char* controller : {"cpu", "memory"}) {
        if (!has(mount.controllers, controller) || !has(membership.controllers, controller)) continue;
        for (const fs::path& folder : folders_of(mount, membership.path)) {
          reader.read_v1(folder, controller == std::string_view("cpu"));
        }
      }
    }
  }
  return limits;
}

std::optional<double> free_memory(const fs::path& root) {
  std::optional<double> least;
  const auto consider = [&](double bytes) { least = std::min(least.value_or(bytes), bytes); };
  for (const std::string& line : lines_of(root / "proc/meminfo")) {
    constexpr double kibibyte = 1024;
    if (line.starts_with("MemAvailable:")) consider(std::strtod(line.c_str() + 13, nullptr) * kibibyte);
  }
  for (const GroupLimit& limit : group_limits(root).memory) consider(std::max(0.0, limit.value - limit.used));
  return least;
}

}  // namespace eigensweep
