// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/wire/task.hpp"

namespace eigensweep::worker {

/// The task with every option of its configurations and evaluations in place: a task that a person or a program wrote
/// may leave out what stands at its default. Kinds of evaluations that there are not are left for their turn.
wire::PackTask resolved(wire::PackTask task);

}  // namespace eigensweep::worker
