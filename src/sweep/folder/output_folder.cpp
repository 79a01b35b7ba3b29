// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/folder/output_folder.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/here.hpp"
#include "eigensweep/sweep/folder/ownership.hpp"

namespace eigensweep::sweep {
namespace {

constexpr std::string_view unknown_host = "an unknown host";

LockHolder read_holder(const std::filesystem::path& path) {
  LockHolder holder{std::string(unknown_host), 0, "an unknown time"};
  try {
    const Json json = Json::parse(file::read(path));
    holder.host = json.value("host", holder.host);
    holder.pid = json.value("pid", holder.pid);
    holder.since = json.value("since", holder.since);
  } catch (const std::exception&) {
    // The content may be incomplete or foreign; only the lock itself decides.
  }
  return holder;
}

[[noreturn]] void refuse(const OutputPaths& paths) {
  const LockHolder holder = read_holder(paths.lock());
  throw SystemError(fmt::format(
      "{}: another run writes here (process {} on {}, since {}); wait for it, stop it, or choose another --output",
      paths.folder().string(), holder.pid, holder.host, holder.since));
}

bool means_no_locks(int error_number) {
  return error_number == ENOTSUP || error_number == ENOLCK || error_number == ENOSYS || error_number == EINVAL;
}

bool is_alive_here(const LockHolder& holder) {
  return holder.host == host_name() && holder.pid > 0 && holder.pid != ::getpid() &&
         (::kill(static_cast<pid_t>(holder.pid), 0) == 0 || errno == EPERM);
}

}  // namespace

OutputPaths::OutputPaths(std::filesystem::path folder) {
  std::error_code error;
  folder_ = std::filesystem::absolute(folder, error).lexically_normal();
  if (error) folder_ = std::move(folder);
  if (!folder_.has_filename() && folder_.has_relative_path()) folder_ = folder_.parent_path();  // "." ends with a slash
}

std::filesystem::path OutputPaths::model(const std::string& trial) const { return models() / (trial + ".safetensors"); }

std::filesystem::path OutputPaths::checkpoint(const std::string& name) const {
  return checkpoints() / (name + ".safetensors");
}

OutputLock::OutputLock(const OutputPaths& paths) {
  const std::filesystem::path path = paths.lock();
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) {
    throw SystemError(fmt::format("{}: cannot create: {}; make the output folder writable or choose another --output",
                                  path.string(), file::system_message(errno)));
  }
  // `eigensweep status` holds the lock for a moment while it checks; so retry.
  constexpr int tries = 5;
  for (int i = 0; ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0; ++i) {
    const int reason = errno;
    if (means_no_locks(reason)) {
      is_advisory_ = true;
      break;
    }
    if (reason != EWOULDBLOCK && reason != EINTR) {
      ::close(descriptor_);
      throw SystemError(fmt::format("{}: cannot lock: {}", path.string(), file::system_message(reason)));
    }
    if (i == tries) {
      ::close(descriptor_);
      refuse(paths);
    }
    ::usleep(20000);
  }
  if (is_advisory_ && is_alive_here(read_holder(path))) {
    ::close(descriptor_);
    refuse(paths);
  }
  Json json;
  json["host"] = host_name();
  json["pid"] = ::getpid();
  json["since"] = utc_now();
  const std::string text = json_text(json) + "\n";
  if (::ftruncate(descriptor_, 0) != 0 ||
      ::pwrite(descriptor_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    const int reason = errno;
    ::close(descriptor_);
    throw SystemError(fmt::format("{}: cannot write: {}; free some space or choose another --output", path.string(),
                                  file::system_message(reason)));
  }
}

OutputLock::~OutputLock() {
  // Without locks, an empty file shows that no run is here.
  if (is_advisory_) [[maybe_unused]]
    const int ignored = ::ftruncate(descriptor_, 0);
  ::close(descriptor_);
}

std::optional<LockHolder> lock_holder(const OutputPaths& paths) {
  const int descriptor = ::open(paths.lock().c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  const bool free = ::flock(descriptor, LOCK_SH | LOCK_NB) == 0;
  const int reason = errno;
  ::close(descriptor);
  if (free) return std::nullopt;
  LockHolder holder = read_holder(paths.lock());
  if (means_no_locks(reason) && !is_alive_here(holder)) return std::nullopt;
  return holder;
}

bool may_run_elsewhere(const OutputPaths& paths) {
  const LockHolder holder = read_holder(paths.lock());
  return holder.host != unknown_host && holder.host != host_name() && !lock_holder(paths);
}

namespace {

std::string text_of(const Json& document) { return json_text(document, 2) + "\n"; }

/// Whether the copy of the study in the folder must be written. Throws as prepare_output().
bool is_copy_needed(const OutputPaths& paths, const std::string& study_name, const Json& document,
                    const std::filesystem::path& study_file) {
  std::error_code error;
  if (!std::filesystem::exists(paths.study(), error)) return true;
  if (std::filesystem::equivalent(paths.study(), study_file, error)) return false;
  const std::string text = file::read(paths.study());
  Json there;
  std::string name;
  try {
    there = Json::parse(text);
    name = there.value("name", "");
  } catch (const nlohmann::json::exception&) {
    throw ConfigError(
        fmt::format("{}: is no study file (it names the study whose results lie there); choose another "
                    "--output, or remove that folder",
                    paths.study().string()));
  }
  if (name != study_name) {
    throw ConfigError(fmt::format(
        "{}: holds the results of the study '{}', not of '{}'; choose another --output, or remove that folder",
        paths.folder().string(), name, study_name));
  }
  if (there == document) return false;
  if (text != text_of(there)) {
    throw ConfigError(fmt::format(
        "{}: was written by hand and differs from {} (the copy of the study belongs there); run that file, or move it "
        "to another place",
        paths.study().string(), study_file.string()));
  }
  return true;
}

}  // namespace

void prepare_output(const OutputPaths& paths, const std::string& study_name, const Json& document,
                    const std::filesystem::path& study_file) {
  is_copy_needed(paths, study_name, document, study_file);  // only for its exceptions
  for (const auto& folder : {paths.logs(), paths.models(), paths.checkpoints()}) file::make_folder(folder);
  remove_leftovers(paths);
}

void keep_study(const OutputPaths& paths, const std::string& study_name, const Json& document,
                const std::filesystem::path& study_file) {
  if (is_copy_needed(paths, study_name, document, study_file)) file::write_atomically(paths.study(), text_of(document));
}

}  // namespace eigensweep::sweep
