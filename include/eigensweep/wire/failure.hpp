// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <string>

#include "eigensweep/core/json.hpp"

namespace eigensweep::wire {

/// Why a worker could not finish a pack, as the frame "failed" says it. Each is somebody else's fault.
namespace reason {
inline constexpr const char* out_of_memory = "out_of_memory";  ///< the pack's size
inline constexpr const char* error = "error";                  ///< the pack's own
inline constexpr const char* data = "data";                    ///< the dataset's: no pack could go on
inline constexpr const char* output = "output";                ///< the output folder's: full, read-only; no pack could
}  // namespace reason

/// The reason that an exception of ours or of the standard library stands for.
const char* reason_of(const std::exception& error) noexcept;

/// {"type": "failed", "pack", "reason", "message"}, the message cut to one line.
Json failed_frame(const std::string& pack, const char* reason, const std::string& message);

}  // namespace eigensweep::wire
