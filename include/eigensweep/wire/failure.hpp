// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <tuple>

#include "eigensweep/wire/fields.hpp"

namespace eigensweep::wire {

/// Why a worker could not finish a pack. Each is somebody else's fault.
enum class Reason : std::uint8_t {
  out_of_memory,  ///< the pack's size
  error,          ///< the pack's own
  data,           ///< the dataset's: no pack could go on
  output,         ///< the output folder's: full, read-only; no pack could go on
};

constexpr std::string_view word(Reason reason) {
  switch (reason) {
    case Reason::out_of_memory:
      return "out_of_memory";
    case Reason::error:
      return "error";
    case Reason::data:
      return "data";
    case Reason::output:
      return "output";
  }
  return "";
}

/// A worker could not finish its pack, and lives on.
struct Failed {
  static constexpr const char* type = "failed";
  std::string pack;
  Reason reason = Reason::error;
  std::string message;  ///< one line
  static constexpr auto fields() {
    return std::tuple(field("pack", &Failed::pack), field("reason", &Failed::reason),
                      field("message", &Failed::message));
  }
};

/// The reason that an exception of ours or of the standard library stands for.
Reason reason_of(const std::exception& error) noexcept;

/// The message cut to its first line.
Failed failed(const std::string& pack, Reason reason, const std::string& message);

}  // namespace eigensweep::wire
