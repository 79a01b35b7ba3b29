// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <tuple>

#include "eigensweep/wire/fields.hpp"

namespace eigensweep::wire {

/// Why a worker could not finish a pack. Each reason has a different cause, and is handled differently.
enum class Reason : std::uint8_t {
  out_of_memory,  ///< the pack is too large
  error,          ///< any other error of this pack
  data,           ///< the dataset is missing or broken: no other pack could run either
  output,         ///< the output folder is full or read-only: no other pack could run either
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

/// A worker could not finish its pack. The worker itself keeps running.
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

/// Maps an exception to its reason: file::WriteError to output, DataError to data, std::bad_alloc to out_of_memory, any
/// other to error.
Reason reason_of(const std::exception& error) noexcept;

/// Makes the message; keeps only the first line of `message`.
Failed failed(const std::string& pack, Reason reason, const std::string& message);

}  // namespace eigensweep::wire
