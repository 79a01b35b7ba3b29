// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace eigensweep::data {

/// Where the files of the dataset `name` that comes with eigensweep lie: in `name` under the folder that the
/// environment variable EIGENSWEEP_DATA_FOLDER names; without it, under the installed share/eigensweep/data next to the
/// running program, or else under the data folder of the sources that it was built from. Throws DataError when none of
/// these has it.
std::filesystem::path own_data_folder(const std::string& name);

}  // namespace eigensweep::data
