// SPDX-License-Identifier: MIT
#pragma once

namespace eigensweep::attacks {

/// The columns of every attack on a classifier; declare.hpp says what they mean.
inline constexpr const char* robust_accuracy = "robust_accuracy";
inline constexpr const char* robust_loss = "robust_loss";
inline constexpr const char* clean_accuracy = "clean_accuracy";
inline constexpr const char* clean_loss = "clean_loss";

/// Those of an attack in balls.
inline constexpr const char* nearest_distance = "d_min";
inline constexpr const char* unconfirmed_share = "unconfirmed";

/// Those of an attack that searches for the nearest misclassified point.
inline constexpr const char* found_by = "found_by";
inline constexpr const char* sample_gradients = "sample_gradients";
inline constexpr const char* dead_share = "dead_and_robust";
inline constexpr const char* tenth_shares = "found_in_tenth";
inline constexpr const char* late_share = "found_late";
inline constexpr const char* squares_share = "found_by_squares";

}  // namespace eigensweep::attacks
