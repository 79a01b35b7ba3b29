// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace eigensweep::file {

/// What keeps a path from being used everywhere a path goes: JSON, results.h5, messages of one line, scripts, and the
/// names of files made below it. Each returns what is wrong and what to do ("'x' has 300 bytes (...); choose a shorter
/// one"), without the place where the path was given; "" for a good one.
std::string wrong_characters(const std::string& path);
/// A relative path starts at `from`.
std::string wrong_length(const std::filesystem::path& path, const std::filesystem::path& from = {});

}  // namespace eigensweep::file
