// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/wire/task.hpp"

namespace eigensweep::worker {

/// Adds the default of every option that is missing in the task's configurations and evaluations. Evaluations of an
/// unknown kind stay as they are, and fail when they are run.
wire::PackTask resolved(wire::PackTask task);

}  // namespace eigensweep::worker
