// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "eigensweep/core/json.hpp"
#include "scratch.hpp"

namespace dataset_files {

/// By the dataset's kind, the section of a study for each kind that reads files, with small files of that kind.
std::map<std::string, eigensweep::Json> sections(const Scratch& scratch);

}  // namespace dataset_files
