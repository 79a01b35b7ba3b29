// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "eigensweep/core/json.hpp"

namespace eigensweep::sweep {

/// Where everything of one study's runs lies.
class OutputPaths {
 public:
  explicit OutputPaths(std::filesystem::path folder);
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }  ///< absolute
  [[nodiscard]] std::filesystem::path mark() const { return folder_ / ".eigensweep"; }    ///< says that it is ours
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
  [[nodiscard]] std::filesystem::path checkpoint(const std::string& pack) const;

 private:
  std::filesystem::path folder_;
};

/// Who holds an output folder, as the lock file tells it.
struct LockHolder {
  std::string host;
  long pid = 0;
  std::string since;
};

/// One run at a time per output folder: flock(2) on the file `lock`, which names its holder. The lock goes with the
/// process, however it dies; the file stays.
class OutputLock {
 public:
  /// Throws SystemError naming the holder when another run has it, or when the file cannot be written.
  explicit OutputLock(const OutputPaths& paths);
  ~OutputLock();
  OutputLock(const OutputLock&) = delete;
  OutputLock& operator=(const OutputLock&) = delete;
  /// The file system has no locks; then only a run of the same machine is noticed.
  [[nodiscard]] bool is_advisory() const noexcept { return is_advisory_; }

 private:
  int descriptor_ = -1;
  bool is_advisory_ = false;
};

/// The run that holds the folder at this moment; nothing if there is none. Takes no lock that outlives the call.
std::optional<LockHolder> lock_holder(const OutputPaths& paths);

/// Makes the folders of a run and removes what a killed one left half written. Throws ConfigError when another study's
/// results, or a study file that somebody else wrote, lie there; SystemError when the folder cannot be written. The
/// caller holds the lock.
void prepare_output(const OutputPaths& paths, const std::string& study_name, const Json& document,
                    const std::filesystem::path& study_file);

/// Keeps a copy of the study there, unless `study_file` itself lies in its place. Throws as prepare_output.
void keep_study(const OutputPaths& paths, const std::string& study_name, const Json& document,
                const std::filesystem::path& study_file);

}  // namespace eigensweep::sweep
