// SPDX-License-Identifier: MIT
#pragma once

#include <c10/core/Stream.h>

namespace eigensweep::pretended {

/// The stream of this thread; 0 is the default one. Streams differ in name only.
c10::StreamId current_stream();

}  // namespace eigensweep::pretended
