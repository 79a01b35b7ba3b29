// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace eigensweep {

/// What a process returns to its shell. The README documents each code; tests check each one.
enum class ExitCode : int {
  ok = 0,
  trials_failed = 1,   ///< the study ran to its end, but at least one trial failed
  config = 2,          ///< the study file or the command line is wrong
  data = 3,            ///< a dataset, model, ledger or results file is missing, truncated or of another version
  system = 4,          ///< MPI, HDF5 or the operating system refused (full disk, no permission, locked output)
  bug = 70,            ///< a bug of ours: a broken contract
  continue_later = 75  ///< stopped on request with work left: the same command continues
};

/// Base of every error that a user can act on. Message grammar:
///   <where>: <what is wrong> (<why it matters>); <what to do>
/// in lower case, the value shown, names in single quotes, no full stop. One line.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

/// The study file or the command line is wrong; the message starts with `file:/json/pointer: `.
class ConfigError : public Error {
 public:
  explicit ConfigError(const std::string& message) : Error(ExitCode::config, message) {}
};

/// A file that we read is missing, truncated, corrupt or of another version.
class DataError : public Error {
 public:
  explicit DataError(const std::string& message) : Error(ExitCode::data, message) {}
};

/// MPI, HDF5 or the operating system refused a call; the message quotes its error text.
class SystemError : public Error {
 public:
  explicit SystemError(const std::string& message) : Error(ExitCode::system, message) {}
};

/// A computation failed (the loss is not finite, the eigensolver gave up). It ends one lane, never the study.
class NumericalError : public Error {
 public:
  explicit NumericalError(const std::string& message) : Error(ExitCode::trials_failed, message) {}
};

/// Our own bug.
class ContractViolation : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Throws ContractViolation with the place of the call unless `condition` holds.
#define EIGENSWEEP_EXPECT(condition)                                                  \
  do {                                                                                \
    if (!(condition)) {                                                               \
      throw ::eigensweep::ContractViolation(                                          \
          fmt::format("{}:{}: broken contract: {}", __FILE__, __LINE__, #condition)); \
    }                                                                                 \
  } while (false)

}  // namespace eigensweep
