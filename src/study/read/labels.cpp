// SPDX-License-Identifier: MIT
// What users may call things: studies, cases, and the labels of penalties, attacks and metrics.
#include <fmt/format.h>

#include <algorithm>

#include "eigensweep/study/declare/sections.hpp"
#include "template.hpp"

namespace eigensweep::study {
namespace {

// The longest file name that file systems take.
constexpr std::size_t longest_name = 255;

}  // namespace

void check_name(const Node& node, const std::string& name, const char* what, const Source& source) {
  const bool fine = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
  if (!fine || name == "." || name == "..") {
    source.fail(node.pointer,
                fmt::format("'{}' is no {} (it becomes part of file names); use letters, digits, '_', '.' and '-'",
                            name, what));
  }
  if (name.size() > longest_name) {
    source.fail(node.pointer,
                fmt::format("this {} has {} characters (file names have {} at most); choose a shorter one", what,
                            name.size(), longest_name));
  }
}

void check_label(const Node& node, const std::string& label, const Source& source) {
  check_name(node, label, "label", source);
  for (const ReservedLabel& reserved : reserved_labels()) {
    if (reserved.word != label) continue;
    source.fail(node.pointer, fmt::format("'{}' cannot be a label ({}); choose another, results that are there stay",
                                          label, reserved.meaning));
  }
}

}  // namespace eigensweep::study
