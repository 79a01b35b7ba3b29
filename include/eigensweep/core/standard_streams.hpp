// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace eigensweep {

/// Occupies the descriptors 0, 1 and 2 if the parent closed standard input, output or error (`2>&-`, some daemons and
/// batch systems). Otherwise the next opened file would get the free number, and messages could be written into the
/// ledger. Reading from or writing to such a stream still fails. Call it before any file is opened.
void occupy_closed_streams() noexcept;

/// Flushes standard output. Returns one sentence if not all of it could be written, else "". A reader that left (`|
/// head`) is no error. Call it at the end of a program.
std::string finish_output();

}  // namespace eigensweep
