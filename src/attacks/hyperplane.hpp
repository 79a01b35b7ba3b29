// SPDX-License-Identifier: MIT
#pragma once

#include "region.hpp"

namespace eigensweep::attacks {

/// The shortest offset, in the norm of `region`, from each point of the box to a hyperplane inside the box: how far an
/// affine function with gradient `normal` must be followed until it has risen by `rise`, which may be negative.
///
/// `from`, `normal` [E, R, d] (either may have R = 1), `rise` [E, R]: [E, R, d]. Where the box ends before the plane,
/// it is the offset to the corner of the box that comes nearest to it. Where the normal is 0, it is 0. Sums are in the
/// points' own precision; neither a tiny nor a huge normal loses digits.
Tensor offset_to_plane(const Region& region, const Tensor& from, const Tensor& normal, const Tensor& rise);

}  // namespace eigensweep::attacks
