// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/wire/record.hpp"

namespace eigensweep::results {

/// Copies a record's numbers into the corner of a larger block of `target` extents and number type `dtype`, row-major.
/// Numbers that the record does not fill stay as they are.
/// `leading`: indices into the array's first dimensions (the row of an intensity). Returns false, and copies nothing,
/// if the array has another number of dimensions than the target: then its writer declared the column differently.
bool place_array(const wire::Array& array, const std::vector<std::size_t>& leading,
                 const std::vector<std::size_t>& target, const std::string& dtype, std::uint8_t* bytes);

}  // namespace eigensweep::results
