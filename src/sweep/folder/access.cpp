// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/folder/access.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "eigensweep/core/file.hpp"
#include "eigensweep/core/temporary.hpp"

namespace eigensweep::sweep {
namespace {

namespace fs = std::filesystem;

std::string owner_of(const struct stat& status) {
  const passwd* entry = ::getpwuid(status.st_uid);
  return entry == nullptr ? fmt::format("user {}", status.st_uid) : fmt::format("'{}'", entry->pw_name);
}

class Access {
 public:
  /// For a file that is opened and written in place.
  void try_to_open(const fs::path& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
    if (descriptor >= 0) {
      ::close(descriptor);
    } else if (errno != ENOENT && errno != EISDIR) {  // for EISDIR its reader has a better message
      complain(path, "open it for writing", errno);
    }
  }

  void try_to_write_into(const fs::path& folder) {
    std::error_code error;
    if (!fs::exists(folder, error)) return;
    try {
      const file::Temporary probe(folder, "probe", folder);
    } catch (const file::WriteError& problem) {
      if (problem.error_number() == ENOSPC || problem.error_number() == EDQUOT) return;  // probe_folder() reports it
      complain(folder, "write there", problem.error_number());
    }
  }

  /// For a file that is replaced by rename(2). Its folder's permission decides; a sticky folder also wants the owner.
  void try_to_replace(const fs::path& path) {
    struct stat file {};
    struct stat folder {};
    if (::lstat(path.c_str(), &file) != 0 || ::stat(path.parent_path().c_str(), &folder) != 0) return;
    if (S_ISDIR(file.st_mode)) return complain(path, "replace it", EISDIR);
    const uid_t self = ::geteuid();
    if ((folder.st_mode & S_ISVTX) != 0 && self != 0 && self != file.st_uid && self != folder.st_uid) {
      complain(path, "replace it", EPERM);
    }
  }

  [[nodiscard]] std::vector<std::string> problems() && { return std::move(problems_); }

 private:
  void complain(const fs::path& path, const char* what, int error_number) {
    if (error_number != EACCES && error_number != EPERM) {
      problems_.push_back(fmt::format("{}: cannot {}: {}; make it writable or choose another --output", path.string(),
                                      what, file::system_message(error_number)));
      return;
    }
    struct stat status {};
    const bool is_known = ::stat(path.c_str(), &status) == 0;
    problems_.push_back(fmt::format(
        "{}: cannot {}: {}{}; let its owner run `chmod -R g+rwX` on the output folder (umask 002 makes it so from the "
        "start), or choose another --output",
        path.string(), what, file::system_message(error_number),
        is_known ? fmt::format(" (it belongs to {}, mode {:04o})", owner_of(status), status.st_mode & 07777U) : ""));
  }

  std::vector<std::string> problems_;
};

}  // namespace

std::string cannot_write_there(const fs::path& folder, int error_number) {
  const bool is_full = error_number == ENOSPC || error_number == EDQUOT;
  return fmt::format("{}: cannot write there: {}; {} or choose another --output", folder.string(),
                     file::system_message(error_number), is_full ? "free some space" : "make it writable");
}

std::vector<std::string> access_problems(const OutputPaths& paths) {
  Access access;
  access.try_to_open(paths.lock(), O_RDWR);
  access.try_to_open(paths.ledger(), O_RDWR);
  for (const fs::path& folder : {paths.folder(), paths.models(), paths.checkpoints(), paths.logs()})
    access.try_to_write_into(folder);
  std::error_code ignored;
  for (fs::directory_iterator entry(paths.logs(), ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    if (entry->path().extension() == ".log") access.try_to_open(entry->path(), O_WRONLY | O_APPEND);
  }
  for (const fs::path& file : {paths.results(), paths.status(), paths.study()}) access.try_to_replace(file);
  return std::move(access).problems();
}

}  // namespace eigensweep::sweep
