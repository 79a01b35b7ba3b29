// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "template.hpp"

namespace eigensweep::study {

/// One entry of "exclude": the cells that match all of its leaves are left out.
struct Exclusion {
  struct Leaf {
    std::string path;  ///< "" for the name of the case
    std::vector<Json> values;
  };
  std::string pointer;
  std::vector<Leaf> leaves;
  std::size_t removed = 0;  ///< how many cells it took out, for a warning when there are none
};

/// Reads "exclude" (null: none) against the leaves that the templates have. Throws ConfigError.
std::vector<Exclusion> read_exclude(const Node* exclude, const std::vector<Template>& templates, const Source& source);

}  // namespace eigensweep::study
