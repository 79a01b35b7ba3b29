// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::study {

/// The text of `eigensweep describe [NAME]`: sections, families, or one kind with its options. Throws ConfigError for
/// an unknown name, with the nearest one.
std::string describe(const Catalog& catalog, const std::string& name);
/// Every name that `describe` takes.
std::vector<std::string> described_names(const Catalog& catalog);
/// The JSON Schema (draft 2020-12) of study files, for editors.
Json schema(const Catalog& catalog);

}  // namespace eigensweep::study
