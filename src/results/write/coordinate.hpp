// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "netcdf.hpp"

#include "eigensweep/core/json.hpp"

namespace eigensweep::results {

/// Writes an axis's value in every row: integers as i64, other numbers as f64, booleans as netCDF users keep them
/// (i8 with an attribute `dtype`), anything else as text. A null (the axis has no part in the row's case) is NaN or "".
void write_coordinate(NetcdfWriter& writer, VariableSpec spec, const std::vector<Json>& values);

}  // namespace eigensweep::results
