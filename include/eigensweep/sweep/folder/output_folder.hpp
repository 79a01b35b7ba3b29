// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "eigensweep/core/json.hpp"

namespace eigensweep::sweep {

/// The paths of all files of a study's runs.
class OutputPaths {
 public:
  explicit OutputPaths(std::filesystem::path folder);
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }  ///< absolute
  [[nodiscard]] std::filesystem::path mark() const { return folder_ / ".eigensweep"; }    ///< marks the folder as ours
  [[nodiscard]] std::filesystem::path ledger() const { return folder_ / "ledger.bin"; }
  [[nodiscard]] std::filesystem::path results() const { return folder_ / "results.h5"; }
  [[nodiscard]] std::filesystem::path study() const { return folder_ / "study.json"; }
  [[nodiscard]] std::filesystem::path datasets() const { return folder_ / "datasets.json"; }
  [[nodiscard]] std::filesystem::path status() const { return folder_ / "status.json"; }
  [[nodiscard]] std::filesystem::path lock() const { return folder_ / "lock"; }
  [[nodiscard]] std::filesystem::path logs() const { return folder_ / "logs"; }
  [[nodiscard]] std::filesystem::path models() const { return folder_ / "models"; }
  [[nodiscard]] std::filesystem::path model(const std::string& trial) const;
  [[nodiscard]] std::filesystem::path checkpoints() const { return folder_ / "checkpoints"; }
  /// `name`: of the trials in it (run.cpp), in older programs the id of their pack.
  [[nodiscard]] std::filesystem::path checkpoint(const std::string& name) const;

 private:
  std::filesystem::path folder_;
};

/// The process that holds an output folder, as the lock file names it.
struct LockHolder {
  std::string host;
  long pid = 0;
  std::string since;
};

/// Allows one run at a time per output folder: flock(2) on the file `lock`, which names the holder. The kernel releases
/// the lock when the process dies; the file stays.
class OutputLock {
 public:
  /// Throws SystemError when another run has the lock, which the message names, or when the file cannot be written.
  explicit OutputLock(const OutputPaths& paths);
  ~OutputLock();
  OutputLock(const OutputLock&) = delete;
  OutputLock& operator=(const OutputLock&) = delete;
  /// Whether the file system has no locks. Then only a run on the same machine is noticed.
  [[nodiscard]] bool is_advisory() const noexcept { return is_advisory_; }

 private:
  int descriptor_ = -1;
  bool is_advisory_ = false;
};

/// The run that holds the folder now; nothing if there is none. Takes the lock only for the duration of the call.
std::optional<LockHolder> lock_holder(const OutputPaths& paths);

/// Whether the lock file names a run of another host, and no process holds the lock as far as this host sees. That run
/// may live: on some file systems flock(2) does not reach other hosts.
bool may_run_elsewhere(const OutputPaths& paths);

/// Makes the folders of a run, and removes unfinished files of a killed run. Throws ConfigError when the folder holds
/// results of another study, or a study.json that a user wrote; SystemError when the folder cannot be written. The
/// caller holds the lock.
void prepare_output(const OutputPaths& paths, const std::string& study_name, const Json& document,
                    const std::filesystem::path& study_file);

/// Writes a copy of the study to study.json, unless that is `study_file` itself. Throws as prepare_output().
void keep_study(const OutputPaths& paths, const std::string& study_name, const Json& document,
                const std::filesystem::path& study_file);

}  // namespace eigensweep::sweep
