// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "node.hpp"
#include "template.hpp"

namespace eigensweep::study {

/// Where reading a section puts its options.
struct Sink {
  Role role = Role::training;
  std::vector<Sweep>* sweeps = nullptr;                    ///< null: nothing may be swept
  std::map<std::string, const Option*>* leaves = nullptr;  ///< by path; null: not wanted
};

/// Throws ConfigError unless the node is an object and no sweep.
void expect_object(const Node& node, const Source& source);

/// The value of an option; of a swept one the first. Throws ConfigError.
Json read_leaf(const Node& node, const Option& option, const std::string& path, const Sink& sink, const Source& source);

/// The options of a section in the order of their declaration, with defaults. `node`: null if the section is not in the
/// file. `others`: keys of the section that are no options. Throws ConfigError.
Json read_options(const Node* node, const Options& options, const std::string& path, const std::string& pointer,
                  const std::vector<std::string>& others, const Sink& sink, const Source& source);

}  // namespace eigensweep::study
