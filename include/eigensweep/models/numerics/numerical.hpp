// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

namespace eigensweep::models {

/// Runs `work`. Returns in one line why it failed numerically (NumericalError, or torch could not factorise a matrix),
/// or "". Any other exception (memory, a device, a bug) passes through.
std::string numerical_failure(const std::function<void()>& work);

}  // namespace eigensweep::models
