// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "value.hpp"

namespace eigensweep::study {
namespace {

std::vector<std::string> option_names(const Options& options) {
  std::vector<std::string> names;
  for (const Option& option : options.all()) names.push_back(option.name);
  return names;
}

}  // namespace

void expect_object(const Node& node, const Source& source) {
  if (node.is_object() && !node.is_sweep()) return;
  source.fail(node.pointer, node.is_sweep() ? "a whole section cannot be swept; sweep its options, or use \"cases\""
                                            : fmt::format("{} stands where an object belongs", words(node)));
}

Json read_leaf(const Node& node, const Option& option, const std::string& path, const Sink& sink,
               const Source& source) {
  if (!node.is_sweep()) return read_value(node, option, source);
  if (sink.sweeps == nullptr) source.fail(node.pointer, "this option cannot be swept; give one value");
  std::vector<Json> values = read_sweep(node, option, source);
  Json first = values.front();
  sink.sweeps->push_back({path, node.pointer, &option, sink.role, std::move(values), node.find("sweep")->is_list()});
  return first;
}

Json read_options(const Node* node, const Options& options, const std::string& path, const std::string& pointer,
                  const std::vector<std::string>& others, const Sink& sink, const Source& source) {
  Json given = Json::object();
  if (node != nullptr) {
    for (const Member& member : node->members) {
      if (std::find(others.begin(), others.end(), member.key) != others.end()) continue;
      const Option* option = options.find(member.key);
      if (option == nullptr) {
        std::vector<std::string> known = option_names(options);
        known.insert(known.end(), others.begin(), others.end());
        source.refuse_key(member, known);
      }
      given[member.key] = read_leaf(member.value, *option, child(path, member.key), sink, source);
    }
  }
  Json all = Json::object();
  for (const Option& option : options.all()) {
    if (sink.leaves != nullptr) (*sink.leaves)[child(path, option.name)] = &option;
    if (given.contains(option.name)) {
      all[option.name] = std::move(given[option.name]);
    } else if (option.default_value.is_null()) {
      source.fail(pointer, fmt::format("'{}' is missing ({}); it has no default", option.name, option.meaning));
    } else {
      all[option.name] = option.default_value;
    }
  }
  return all;
}

}  // namespace eigensweep::study
