// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "eigensweep/study/expand/study.hpp"

/// Which kinds and options studies choose, and which there are.
namespace chosen {

/// A kind, or an option of it.
struct Place {
  std::string section;  ///< "training/optimizer"
  std::string kind;     ///< "" for the options of the section "training"
  std::string option;   ///< "" for the kind itself
  auto operator<=>(const Place&) const = default;
};

/// The values that were chosen, as JSON text; defaults are among them.
using Values = std::map<Place, std::set<std::string>>;

void add(const eigensweep::study::Study& study, Values& values);

/// Everything that the catalog and the section "training" declare, but the names of files and of what lies in them.
std::vector<Place> places();

/// What `values` lacks: each choice, true and false, "inf" where it is a value, any number that is not the default.
std::vector<std::string> missing(const Place& place, const Values& values);

}  // namespace chosen
