// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/wire/record.hpp"

namespace eigensweep::results {

/// Copies a record's numbers into the corner of a larger block of `target` extents and number type `dtype`, row-major;
/// what the record does not fill is left as it is.
/// `leading`: indices into the array's first dimensions (the row of a strength). Returns false, and copies nothing,
/// when the array has not the number of dimensions that the target has: then its writer declared another column.
bool place_array(const wire::Array& array, const std::vector<std::size_t>& leading,
                 const std::vector<std::size_t>& target, const std::string& dtype, std::uint8_t* bytes);

}  // namespace eigensweep::results
