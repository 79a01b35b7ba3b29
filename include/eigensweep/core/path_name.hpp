// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace eigensweep::file {

/// Check whether a path can be used everywhere: in JSON, results.h5, one-line messages and scripts, and as the folder
/// of files that are made below it. Each returns what is wrong and what to do ("'x' has 300 bytes (...); choose a
/// shorter one"), without the place where the path was given; "" for a good path.
std::string wrong_characters(const std::string& path);
/// A relative path starts at `from`.
std::string wrong_length(const std::filesystem::path& path, const std::filesystem::path& from = {});

}  // namespace eigensweep::file
