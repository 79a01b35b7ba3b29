// SPDX-License-Identifier: MIT
// From a study file's text to a Study: the order of the steps, and what stands at the top level.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "eigensweep/core/file.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "expansion.hpp"
#include "read/option_places.hpp"
#include "warnings.hpp"

namespace eigensweep::study {
namespace {

void check_keys(const Node& node, const std::vector<std::string>& known, const Source& source) {
  for (const Member& member : node.members) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      source.refuse_key(member, known);
    }
  }
}

std::string text_of(const Node& node, const Source& source) {
  if (node.shape != Node::Shape::scalar || !node.scalar.is_string()) {
    source.fail(node.pointer, fmt::format("{} is not a text", words(node)));
  }
  return node.scalar.get<std::string>();
}

std::string read_name(const Node& root, const std::string& pointer, const char* what, const Source& source) {
  const Node* node = root.find("name");
  if (node == nullptr) source.fail(pointer, fmt::format("'name' is missing; give the {} one", what));
  std::string name = text_of(*node, source);
  check_name(*node, name, "name", source);
  return name;
}

// The base alone, or one root per case: the case laid over the base.
std::vector<Template> read_templates(const Node& root, const Catalog& catalog, const Source& source) {
  const Node* cases = root.find("cases");
  std::vector<Template> templates;
  if (cases == nullptr) {
    templates.push_back(read_template(root, catalog, source));
    return templates;
  }
  if (!cases->is_list() || cases->elements.empty()) {
    source.fail(cases->pointer, "'cases' is a list of at least one {\"name\": ..., partial configuration}");
  }
  std::vector<std::string> case_keys = configuration_keys();
  case_keys.insert(case_keys.begin(), "name");
  Node base;
  base.shape = Node::Shape::object;
  for (const Member& member : root.members) {
    const auto& keys = configuration_keys();
    if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) base.members.push_back(member);
  }
  std::set<std::string> names;
  for (const Node& element : cases->elements) {
    if (!element.is_object()) {
      source.fail(element.pointer, fmt::format("{} stands where a case belongs", words(element)));
    }
    check_keys(element, case_keys, source);
    const std::string name = read_name(element, element.pointer, "case", source);
    if (!names.insert(name).second) {
      source.fail(element.find("name")->pointer, fmt::format("two cases are called '{}'; rename one", name));
    }
    Node over = element;
    over.members.erase(std::find_if(over.members.begin(), over.members.end(),
                                    [](const Member& member) { return member.key == "name"; }));
    templates.push_back(read_template(merge(base, over, source), catalog, source));
    templates.back().name = name;
  }
  return templates;
}

}  // namespace

Study parse_study(const std::string& text, const std::filesystem::path& file, const Catalog& catalog, Data data) {
  const OptionPlaces places(catalog);
  const Source source{file.string(), file.parent_path(), &places};
  const Node root = parse_json(text, source);
  if (!root.is_object()) source.fail("", fmt::format("{} stands where the study's object belongs", words(root)));
  check_keys(root, study_keys(), source);
  Study study;
  study.file = file;
  study.document = to_json(root);
  study.name = read_name(root, "", "study", source);
  if (const Node* node = root.find("description")) study.description = text_of(*node, source);
  if (const Node* node = root.find("$schema")) text_of(*node, source);
  const Json output = read_plain_options(root.find("output"), output_options(), "/output", source);
  study.output.models = output.at("models").get<bool>();

  std::vector<Template> templates = read_templates(root, catalog, source);
  read_zip(root.find("zip"), templates, source);
  std::vector<Exclusion> exclusions = read_exclude(root.find("exclude"), templates, source);
  Expansion expansion(study, catalog, source, data);
  expansion.run(templates, std::move(exclusions));
  const auto add_warnings = [&study](std::vector<std::string> more) {
    std::move(more.begin(), more.end(), std::back_inserter(study.warnings));
  };
  add_warnings(near_value_warnings(study));
  add_warnings(default_metric_warnings(study, catalog));
  if (data == Data::needed) add_warnings(missing_class_warnings(study, catalog));
  Json plain{{"name", study.name}, {"description", study.description}, {"output", output}};
  for (const char* key : {"zip", "exclude"}) {
    if (const Node* node = root.find(key)) plain[key] = to_json(*node);
  }
  expansion.resolve(templates, plain);
  return study;
}

Study read_study(const std::filesystem::path& file, const Catalog& catalog) {
  return parse_study(file::read(file), file, catalog);
}

}  // namespace eigensweep::study
