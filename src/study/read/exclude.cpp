// SPDX-License-Identifier: MIT
#include "exclude.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "eigensweep/core/text.hpp"
#include "value.hpp"

namespace eigensweep::study {
namespace {

using Leaves = std::map<std::string, const Option*>;

std::vector<Json> read_values(const Node& node, const Option& option, const Source& source) {
  if (node.is_sweep()) source.fail(node.pointer, "'exclude' takes values or plain lists of values; leave out 'sweep'");
  const bool is_one_list =
      option.type == Type::number_list && node.is_list() &&
      std::none_of(node.elements.begin(), node.elements.end(), [](const Node& element) { return element.is_list(); });
  if (!node.is_list() || is_one_list) return {read_value(node, option, source)};
  if (node.elements.empty()) source.fail(node.pointer, "an empty list excludes nothing; give at least one value");
  std::vector<Json> values;
  for (const Node& element : node.elements) values.push_back(read_value(element, option, source));
  return values;
}

Exclusion::Leaf read_cases(const Node& node, const std::vector<Template>& templates, const Source& source) {
  std::vector<std::string> names;
  for (const Template& alternative : templates) {
    if (!alternative.name.empty()) names.push_back(alternative.name);
  }
  if (names.empty()) source.fail(node.pointer, "the study has no cases");
  const Option option = [&names] {
    Options holder;
    holder.choice("case", std::nullopt, names, "name of a case");
    return holder.all().front();
  }();
  return {"", read_values(node, option, source)};
}

// The last keys of the paths that lie right below `path`: what may stand there.
std::vector<std::string> keys_below(const Leaves& leaves, const std::string& path) {
  std::vector<std::string> keys;
  for (const auto& [leaf, option] : leaves) {
    if (leaf.rfind(path + "/", 0) != 0) continue;
    const std::string rest = leaf.substr(path.size() + 1);
    std::string key = rest.substr(0, rest.find('/'));
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
  }
  return keys;
}

void collect(const Node& node, const std::string& path, const Leaves& leaves, const std::vector<Template>& templates,
             const Source& source, Exclusion& exclusion) {
  for (const Member& member : node.members) {
    const std::string inner = child(path, member.key);
    const Node& value = member.value;
    if (path.empty() && member.key == "case") {
      exclusion.leaves.push_back(read_cases(value, templates, source));
      continue;
    }
    if (path.empty() && (member.key == "attacks" || member.key == "metrics")) {
      source.fail(value.pointer, "'exclude' removes cells of training axes; attacks and metrics run on every cell");
    }
    if (const auto leaf = leaves.find(inner); leaf != leaves.end()) {
      exclusion.leaves.push_back({inner, read_values(value, *leaf->second, source)});
      continue;
    }
    const std::vector<std::string> below = keys_below(leaves, inner);
    if (below.empty()) {
      std::vector<std::string> known = keys_below(leaves, path);
      if (path.empty()) known.emplace_back("case");
      source.fail(value.pointer, fmt::format("unknown key{}", text::suggestion(member.key, known)));
    }
    if (!value.is_object() || value.is_sweep()) {
      source.fail(value.pointer, fmt::format("{} stands where an object belongs", words(value)));
    }
    collect(value, inner, leaves, templates, source, exclusion);
  }
}

}  // namespace

std::vector<Exclusion> read_exclude(const Node* exclude, const std::vector<Template>& templates, const Source& source) {
  std::vector<Exclusion> exclusions;
  if (exclude == nullptr) return exclusions;
  if (!exclude->is_list()) {
    source.fail(exclude->pointer,
                fmt::format("{} stands where a list of partial configurations belongs", words(*exclude)));
  }
  Leaves leaves;
  for (const Template& alternative : templates) leaves.insert(alternative.leaves.begin(), alternative.leaves.end());
  for (const Node& entry : exclude->elements) {
    if (!entry.is_object()) {
      source.fail(entry.pointer, fmt::format("{} stands where a partial configuration belongs", words(entry)));
    }
    Exclusion exclusion;
    exclusion.pointer = entry.pointer;
    collect(entry, "", leaves, templates, source, exclusion);
    if (exclusion.leaves.empty()) source.fail(entry.pointer, "an entry without options would exclude every cell");
    exclusions.push_back(std::move(exclusion));
  }
  return exclusions;
}

}  // namespace eigensweep::study
