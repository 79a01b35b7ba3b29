// SPDX-License-Identifier: MIT
#include "node.hpp"

#include <fmt/format.h>

#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"
#include "json_slips.hpp"
#include "option_places.hpp"

namespace eigensweep::study {
namespace {

// Deeper than any study; keeps a hostile file from exhausting the stack.
constexpr std::size_t deepest = 64;

// Builds the tree of nodes while nlohmann_json reads. Its own trees silently keep the last of two equal keys.
class TreeBuilder : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(const std::string& text, const Source& source) : text_(text), source_(source) {}

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(value); }
  // Integers beyond 64 bits come here, too.
  bool number_float(number_float_t value, const string_t& literal) override {
    const std::string digits = literal.substr(0, literal.find_first_of("eE"));
    if (value == 0.0 && digits.find_first_of("123456789") != std::string::npos) {
      source_.fail(
          place(),
          fmt::format("{} is too small for a number (it would be read as 0); write 0, or a larger one", literal));
    }
    return scalar(value, literal);
  }
  bool string(string_t& value) override {
    // HDF5 and every C program end a text there: the rest would be lost silently.
    if (value.find('\0') != string_t::npos) {
      source_.fail(place(), "holds the character U+0000, at which texts in results.h5 end; take it out");
    }
    return scalar(std::move(value));
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Node::Shape::object); }
  bool start_array(std::size_t) override { return open(Node::Shape::list); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& key) override {
    if (open_.back().find(key) != nullptr) {
      source_.fail(open_.back().pointer, fmt::format("the key '{}' stands twice; keep one", key));
    }
    key_ = std::move(key);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ...": the user needs its end
    // only.
    std::string reason = error.what();
    if (const std::size_t bracket = reason.find("] "); bracket != std::string::npos) reason.erase(0, bracket + 2);
    if (reason.rfind("parse error at", 0) == 0) reason.erase(0, reason.find(": ") + 2);
    std::size_t line = 1;
    std::size_t column = 0;
    for (std::size_t i = 0; i < position && i < text_.size(); ++i) {
      ++column;
      if (text_[i] == '\n') {
        ++line;
        column = 0;
      }
    }
    if (const std::size_t number = reason.rfind('\'', reason.size() - 2);
        dynamic_cast<const nlohmann::detail::out_of_range*>(&error) != nullptr && number != std::string::npos) {
      throw ConfigError(
          fmt::format("{}:{}:{}: {} is too large for a number (the largest is 1.8e308); write a smaller one",
                      source_.file, line, column, reason.substr(number + 1, reason.size() - number - 2)));
    }
    if (std::string slip = json_slip(text_, position, reason); !slip.empty()) reason = std::move(slip);
    throw ConfigError(fmt::format("{}:{}:{}: not valid JSON: {}", source_.file, line, column, reason));
  }

  Node take() { return std::move(root_); }

 private:
  std::string place() const {
    if (open_.empty()) return "";
    const Node& parent = open_.back();
    return child(parent.pointer, parent.is_object() ? key_ : std::to_string(parent.elements.size()));
  }

  bool scalar(Json value, std::string literal = "") {
    Node node;
    node.pointer = place();
    node.scalar = std::move(value);
    node.literal = std::move(literal);
    attach(std::move(node));
    return true;
  }

  bool open(Node::Shape shape) {
    Node node;
    node.shape = shape;
    node.pointer = place();
    if (open_.size() == deepest) source_.fail(node.pointer, "nested too deeply; a study needs a handful of levels");
    keys_.push_back(key_);
    open_.push_back(std::move(node));
    return true;
  }

  bool close() {
    Node node = std::move(open_.back());
    open_.pop_back();
    key_ = std::move(keys_.back());
    keys_.pop_back();
    attach(std::move(node));
    return true;
  }

  void attach(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().is_object()) {
      open_.back().members.push_back({key_, std::move(node)});
    } else {
      open_.back().elements.push_back(std::move(node));
    }
  }

  const std::string& text_;
  const Source& source_;
  std::string key_;
  std::vector<std::string> keys_;  // the key under which each open node will be attached
  std::vector<Node> open_;
  Node root_;
};

}  // namespace

const Node* Node::find(std::string_view key) const noexcept {
  for (const Member& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

void Source::fail(std::string_view pointer, std::string_view message) const {
  throw ConfigError(pointer.empty() ? fmt::format("{}: {}", file, message)
                                    : fmt::format("{}:{}: {}", file, pointer, message));
}

void Source::refuse_key(const Member& member, const std::vector<std::string>& known) const {
  const std::string advice =
      places == nullptr ? text::suggestion(member.key, known) : places->advice(member.key, known);
  fail(member.value.pointer, "unknown key" + advice);
}

Node parse_json(const std::string& text, const Source& source) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    source.fail("", "is UTF-16 text (some editors save so); save it as UTF-8");
  }
  TreeBuilder builder(text, source);
  Json::sax_parse(text, &builder);
  return builder.take();
}

Json to_json(const Node& node) {
  if (node.is_object()) {
    Json object = Json::object();
    for (const Member& member : node.members) object[member.key] = to_json(member.value);
    return object;
  }
  if (node.is_list()) {
    Json list = Json::array();
    for (const Node& element : node.elements) list.push_back(to_json(element));
    return list;
  }
  return node.scalar;
}

std::string words(const Json& value) {
  if (value.is_string()) return fmt::format("'{}'", value.get<std::string>());
  if (value.is_number_float()) return text::number(value.get<double>());
  if (value.is_object()) return "an object";
  return value.dump();
}

std::string words(const Node& node) {
  if (node.is_object()) return "an object";
  if (node.is_list()) return "a list";
  return node.literal.empty() ? words(node.scalar) : node.literal;
}

std::string child(std::string_view pointer, std::string_view key) {
  std::string path(pointer);
  path += '/';
  for (const char c : key) {
    if (c == '~') {
      path += "~0";
    } else if (c == '/') {
      path += "~1";
    } else {
      path += c;
    }
  }
  return path;
}

}  // namespace eigensweep::study
