// SPDX-License-Identifier: MIT
#pragma once

namespace eigensweep::attacks {

/// What an attack makes large. z are a sample's logits, y its label, t a target class.
///
/// - cross_entropy: -log softmax(z)_y. In float32 its derivative by z_y, p_y - 1, is a difference of nearly equal
///   numbers: it is off by half where z_y is some 17 above the others, and exactly 0 from about 19 on.
/// - log_odds: logsumexp over j != y of z_j, less z_y. Cross entropy is softplus of it, so both rise together, and
///   steps of a normalised gradient are the same; but its derivative by z_y is always -1.
/// - margin: the largest other logit less z_y. Above 0 the sample is misclassified.
/// - dlr: the margin over z_(1) - z_(3) of the sorted logits (Croce and Hein 2020). At least three classes.
/// - target_margin: z_t - z_y.
/// - target_dlr: z_t - z_y over z_(1) - (z_(3) + z_(4)) / 2. At least four classes.
enum class Objective { cross_entropy, log_odds, margin, dlr, target_margin, target_dlr };

}  // namespace eigensweep::attacks
