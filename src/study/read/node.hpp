// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "eigensweep/core/json.hpp"

namespace eigensweep::study {

struct Member;
class OptionPlaces;

/// A piece of a study file, with its place in the file. So a message points into the user's own document even after a
/// case was merged over the base.
struct Node {
  enum class Shape { scalar, object, list };
  Shape shape = Shape::scalar;
  std::string pointer;          ///< JSON pointer into the user's document, "" for the root
  Json scalar;                  ///< of a scalar
  std::string literal;          ///< of a scalar that reads as a floating-point number: as the user wrote it
  std::vector<Member> members;  ///< of an object, in the user's order
  std::vector<Node> elements;   ///< of a list

  [[nodiscard]] const Node* find(std::string_view key) const noexcept;
  [[nodiscard]] bool is_object() const noexcept { return shape == Shape::object; }
  [[nodiscard]] bool is_list() const noexcept { return shape == Shape::list; }
  [[nodiscard]] bool is_null() const noexcept { return shape == Shape::scalar && scalar.is_null(); }
  /// {"sweep": ...} stands for a leaf.
  [[nodiscard]] bool is_sweep() const noexcept { return find("sweep") != nullptr; }
};

struct Member {
  std::string key;
  Node value;
};

/// Where a study comes from: the file that messages name, and the folder where relative paths start.
struct Source {
  std::string file;
  std::filesystem::path folder;
  const OptionPlaces* places = nullptr;  ///< where options belong; null for none
  /// Throws ConfigError "file:/pointer: message".
  [[noreturn]] void fail(std::string_view pointer, std::string_view message) const;
  /// The same for a key that is none of `known`: says where it belongs.
  [[noreturn]] void refuse_key(const Member& member, const std::vector<std::string>& known) const;
};

/// Reads JSON strictly: no comments, no key twice in one object. Throws ConfigError, for broken JSON with line and
/// column: "file:3:14: not valid JSON: ...".
Node parse_json(const std::string& text, const Source& source);

Json to_json(const Node& node);
/// What a node is, for messages: 10.7, 'text', true, null, a list, an object.
std::string words(const Node& node);
std::string words(const Json& value);
/// pointer + "/" + key, escaped as RFC 6901 asks.
std::string child(std::string_view pointer, std::string_view key);

}  // namespace eigensweep::study
