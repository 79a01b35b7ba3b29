// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::study {

/// Where in a study file the options of a catalog stand, for the messages about keys that stand elsewhere.
class OptionPlaces {
 public:
  explicit OptionPlaces(const Catalog& catalog);

  /// What follows "unknown key" in a message, where `known` are the keys that may stand there: what other programs'
  /// word `key` is called here, the section that an option of this name belongs to, or else the nearest of `known`.
  [[nodiscard]] std::string advice(const std::string& key, const std::vector<std::string>& known) const;

 private:
  void add_kinds(const Catalog& catalog, Family family);

  std::map<std::string, std::vector<std::string>> sections_;  // of each option's name, one for each family
};

}  // namespace eigensweep::study
