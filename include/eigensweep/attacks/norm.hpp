// SPDX-License-Identifier: MIT
#pragma once

namespace eigensweep::attacks {

/// How far a perturbation goes: its largest change of an input, or its Euclidean length.
enum class Norm { linf, l2 };

}  // namespace eigensweep::attacks
