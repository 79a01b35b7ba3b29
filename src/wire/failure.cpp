// SPDX-License-Identifier: MIT
#include "eigensweep/wire/failure.hpp"

#include <new>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::wire {

const char* reason_of(const std::exception& error) noexcept {
  if (dynamic_cast<const file::WriteError*>(&error) != nullptr) return reason::output;
  if (dynamic_cast<const DataError*>(&error) != nullptr) return reason::data;
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return reason::out_of_memory;
  return reason::error;
}

Json failed_frame(const std::string& pack, const char* reason, const std::string& message) {
  return {{"type", "failed"}, {"pack", pack}, {"reason", reason}, {"message", text::first_line(message)}};
}

}  // namespace eigensweep::wire
