// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace eigensweep::app {

/// Refuses words of the command line, and a current folder, that cannot be used as paths everywhere (in JSON, in
/// results.h5, in one-line messages, in the names of files made from them). Throws ConfigError, SystemError.
void check_names(const std::vector<std::string>& words);

}  // namespace eigensweep::app
