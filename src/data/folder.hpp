// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace eigensweep::data {

/// The folder of the dataset `name` that comes with eigensweep. If the environment variable EIGENSWEEP_DATA_FOLDER is
/// set, only that folder is searched for `name`. Otherwise the installed share/eigensweep/data next to the running
/// program comes first, then the data folder of the sources that it was built from. Throws DataError if `name` is not
/// found.
std::filesystem::path own_data_folder(const std::string& name);

}  // namespace eigensweep::data
