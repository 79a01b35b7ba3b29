// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

namespace eigensweep::models {

/// Runs `work` and says in one line why its numbers lost their meaning (NumericalError, or torch could not factorise a
/// matrix); "" if they did not. Whatever else is thrown is no number's fault (memory, a device, a bug) and passes.
std::string numerical_failure(const std::function<void()>& work);

}  // namespace eigensweep::models
