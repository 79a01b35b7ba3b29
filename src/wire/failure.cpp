// SPDX-License-Identifier: MIT
#include "eigensweep/wire/failure.hpp"

#include <new>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::wire {

Reason reason_of(const std::exception& error) noexcept {
  if (dynamic_cast<const file::WriteError*>(&error) != nullptr) return Reason::output;
  if (dynamic_cast<const DataError*>(&error) != nullptr) return Reason::data;
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return Reason::out_of_memory;
  return Reason::error;
}

Failed failed(const std::string& pack, Reason reason, const std::string& message) {
  return {pack, reason, text::first_line(message)};
}

}  // namespace eigensweep::wire
