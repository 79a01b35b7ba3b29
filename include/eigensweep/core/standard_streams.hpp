// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace eigensweep {

/// Keeps the numbers 0, 1 and 2 from other files where the parent has closed standard input, output or error (`2>&-`,
/// some daemons and batch systems): the next file to be opened would get the free number, and messages would be written
/// into the ledger. Reading from and writing to such a stream goes on to fail. Call it before any file is opened.
void occupy_closed_streams() noexcept;

/// Flushes standard output. Says in one sentence that not all of it could be written, or "". A reader that left
/// (`| head`) has all that it wanted: nothing is said. Call it at the end of a program.
std::string finish_output();

}  // namespace eigensweep
