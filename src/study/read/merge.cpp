// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "template.hpp"

namespace eigensweep::study {
namespace {

std::string kind_named_in(const Node& node, const std::string& path) {
  const Node* kind = node.find("kind");
  if (kind != nullptr && kind->shape == Node::Shape::scalar && kind->scalar.is_string()) {
    return kind->scalar.get<std::string>();
  }
  return default_kind(path);
}

Node merge_at(const Node& base, const Node& over, const std::string& path, const Source& source) {
  const bool both_are_sections = base.is_object() && over.is_object() && !base.is_sweep() && !over.is_sweep();
  if (!both_are_sections) return over;
  // A partial section of a case keeps the base's kind unless it names another.
  if (over.find("kind") != nullptr && kind_named_in(base, path) != kind_named_in(over, path)) return over;
  Node merged = base;
  for (const Member& member : over.members) {
    const auto place = std::find_if(merged.members.begin(), merged.members.end(),
                                    [&member](const Member& mine) { return mine.key == member.key; });
    if (place == merged.members.end()) {
      if (member.value.is_null()) {
        source.fail(member.value.pointer,
                    fmt::format("null removes '{}' from the base, which does not have it", member.key));
      }
      merged.members.push_back(member);
    } else if (member.value.is_null()) {
      merged.members.erase(place);
    } else {
      place->value = merge_at(place->value, member.value, child(path, member.key), source);
    }
  }
  return merged;
}

}  // namespace

Node merge(const Node& base, const Node& over, const Source& source) { return merge_at(base, over, "", source); }

}  // namespace eigensweep::study
