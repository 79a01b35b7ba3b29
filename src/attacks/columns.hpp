// SPDX-License-Identifier: MIT
#pragma once

namespace eigensweep::attacks {

/// The columns of every attack on a classifier; declare.hpp says what they mean.
inline constexpr const char* robust_accuracy = "robust_accuracy";
inline constexpr const char* robust_loss = "robust_loss";
inline constexpr const char* clean_accuracy = "clean_accuracy";
inline constexpr const char* clean_loss = "clean_loss";

}  // namespace eigensweep::attacks
