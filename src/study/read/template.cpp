// SPDX-License-Identifier: MIT
#include "template.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "eigensweep/core/text.hpp"
#include "eigensweep/study/declare/procedure.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/declare/training.hpp"
#include "options.hpp"

namespace eigensweep::study {
namespace {

const Option& kind_option() {
  static const Options holder = Options{}.text("kind", std::nullopt, "which kind of its family");
  return holder.all().front();
}

const Option& seed_option() {
  static const Options holder =
      Options{}.integer("seed", 0, {0, 9007199254740992.0}, "decides initial weights and the order of samples");
  return holder.all().front();
}

struct ReadKind {
  const Kind* kind = nullptr;
  Json options;  // with "kind" first
};

class TemplateReader {
 public:
  TemplateReader(const Catalog& catalog, const Source& source) : catalog_(catalog), source_(source) {}

  Template read(const Node& root) {
    const Kind& procedure = find_procedure(root);
    made_.procedure = &procedure;
    Json seed = seed_option().default_value;
    std::map<std::string, Json> sections;
    // In the user's order, so that axes keep it.
    for (const Member& member : root.members) {
      const Node& node = member.value;
      check_is_read(member, procedure);
      if (const ConfigSection* section = section_of(member.key); section != nullptr) {
        sections[member.key] = read_section(*section, &node);
      }
      if (member.key == "procedure") sections[member.key] = read_part(&node, Family::procedure, "/procedure");
      if (member.key == "seed") seed = read_leaf(node, seed_option(), "/seed", sink(Role::replicate), source_);
      if (member.key == "attacks") read_evaluations(node, Family::attack);
      if (member.key == "metrics") read_evaluations(node, Family::metric);
    }
    if (procedure.procedure.gives_networks && root.find("metrics") == nullptr) add_default_metrics();
    made_.leaves["/seed"] = &seed_option();
    // The configuration always has the same order. It has what is named only where it is there, so that configurations
    // of other studies stay as earlier versions wrote them.
    if (procedure.name != usual_procedure) made_.config["procedure"] = std::move(sections["procedure"]);
    for (const ConfigSection& section : config_sections()) {
      if (!reads(procedure, section.name)) continue;
      Json& content = sections[section.name];
      if (content.is_null()) content = read_section(section, nullptr);
      if (section.family == Family::constraint && content.empty()) continue;
      made_.config[section.name] = std::move(content);
    }
    made_.config["seed"] = std::move(seed);
    return std::move(made_);
  }

 private:
  const Kind& find_procedure(const Node& root) {
    const Node* node = root.find("procedure");
    if (node != nullptr) expect_object(*node, source_);
    const std::string pointer = node == nullptr ? "/procedure" : node->pointer;
    const Kind& kind = find_kind(node, Family::procedure, "/procedure", pointer);
    if (!kind.procedure.is_chosen) {
      source_.fail(pointer,
                   fmt::format("'{}' is no procedure of a study (the engine chooses it); leave it out", kind.name));
    }
    return kind;
  }

  static bool reads(const Kind& procedure, const std::string& section) {
    const std::vector<std::string>& sections = procedure.procedure.sections;
    return std::find(sections.begin(), sections.end(), section) != sections.end();
  }

  static const ConfigSection* section_of(const std::string& key) {
    for (const ConfigSection& section : config_sections()) {
      if (section.name == key) return &section;
    }
    return nullptr;
  }

  // A section that would be read by nobody.
  void check_is_read(const Member& member, const Kind& procedure) const {
    const bool is_evaluation = member.key == "attacks" || member.key == "metrics";
    const bool is_unread = section_of(member.key) != nullptr && !reads(procedure, member.key);
    if (is_unread || (is_evaluation && !procedure.procedure.gives_networks)) {
      source_.fail(member.value.pointer,
                   fmt::format("the procedure '{}' does not read '{}' ({}); leave it out", procedure.name, member.key,
                               is_evaluation ? "it gives no networks to run them on"
                                             : "its trials depend on no such "
                                               "section"));
    }
  }

  // Without a node the section is not in the file.
  Json read_section(const ConfigSection& section, const Node* node) {
    switch (section.form) {
      case ConfigSection::Form::kind:
        return read_part(node, section.family, "/" + section.name);
      case ConfigSection::Form::labelled:
        return node == nullptr ? Json::object() : read_labelled(*node, section.family);
      case ConfigSection::Form::training:
        return read_training(node);
    }
    return {};
  }

  Sink sink(Role role) { return {role, &made_.sweeps, &made_.leaves}; }

  const Kind& find_kind(const Node* node, Family family, const std::string& path, const std::string& pointer) {
    const Node* given = node == nullptr ? nullptr : node->find("kind");
    if (given == nullptr) {
      const std::string name = default_kind(path);
      const Kind* kind = catalog_.find(family, name);
      if (kind != nullptr) return *kind;
      source_.fail(pointer, fmt::format("unknown {} '{}' (without \"kind\" the label names it){}", family_name(family),
                                        name, text::suggestion(name, catalog_.names(family))));
    }
    if (given->is_sweep()) source_.fail(given->pointer, "a kind cannot be swept; use \"cases\"");
    if (given->shape != Node::Shape::scalar || !given->scalar.is_string()) {
      source_.fail(given->pointer, fmt::format("{} is not the name of a kind", words(*given)));
    }
    const auto name = given->scalar.get<std::string>();
    const Kind* kind = catalog_.find(family, name);
    if (kind == nullptr) {
      source_.fail(given->pointer, fmt::format("unknown {} '{}'{}", family_name(family), name,
                                               text::suggestion(name, catalog_.names(family))));
    }
    return *kind;
  }

  void expect_kind(const Node& node, Family family) const {
    const bool is_text = node.shape == Node::Shape::scalar && node.scalar.is_string();
    if (is_text && catalog_.find(family, node.scalar.get<std::string>()) != nullptr) {
      source_.fail(node.pointer, fmt::format("{} stands where an object belongs; write {{\"kind\": \"{}\"}}",
                                             words(node), node.scalar.get<std::string>()));
    }
    expect_object(node, source_);
  }

  ReadKind read_kind(const Node* node, Family family, const std::string& path, const Sink& sink) {
    if (node != nullptr) expect_kind(*node, family);
    const std::string pointer = node == nullptr ? path : node->pointer;
    const Kind& kind = find_kind(node, family, path, pointer);
    if (sink.leaves != nullptr) (*sink.leaves)[child(path, "kind")] = &kind_option();
    ReadKind read{&kind, Json{{"kind", kind.name}}};
    Json options = read_options(node, kind.options, path, pointer, {"kind"}, sink, source_);
    for (auto& [name, value] : options.items()) read.options[name] = std::move(value);
    return read;
  }

  // A kind that training reads.
  Json read_part(const Node* node, Family family, const std::string& path) {
    ReadKind read = read_kind(node, family, path, sink(Role::training));
    made_.parts.push_back({read.kind, Json::json_pointer(path), node == nullptr ? path : node->pointer});
    return std::move(read.options);
  }

  Json read_training(const Node* node) {
    const Options& options = options_of<Training>();
    if (node != nullptr) expect_object(*node, source_);
    Json optimizer;
    Json schedule;
    // The section is read before its two kinds; afterwards their sweeps are put into the order of the file.
    const std::size_t first = made_.sweeps.size();
    Json training = read_options(node, options, "/training", node == nullptr ? "/training" : node->pointer,
                                 {"optimizer", "schedule"}, sink(Role::training), source_);
    optimizer =
        read_part(node == nullptr ? nullptr : node->find("optimizer"), Family::optimizer, "/training/optimizer");
    schedule = read_part(node == nullptr ? nullptr : node->find("schedule"), Family::schedule, "/training/schedule");
    if (node != nullptr) sort_sweeps(first, *node);
    training["optimizer"] = std::move(optimizer);
    training["schedule"] = std::move(schedule);
    return training;
  }

  // Puts the sweeps from index `first` on into the order of the members of `node` under which they stand.
  void sort_sweeps(std::size_t first, const Node& node) {
    const auto rank = [&node](const Sweep& sweep) {
      for (std::size_t i = 0; i < node.members.size(); ++i) {
        const std::string path = child("/training", node.members[i].key);
        if (sweep.path == path || sweep.path.rfind(path + "/", 0) == 0) return i;
      }
      return node.members.size();
    };
    std::stable_sort(made_.sweeps.begin() + static_cast<std::ptrdiff_t>(first), made_.sweeps.end(),
                     [&rank](const Sweep& a, const Sweep& b) { return rank(a) < rank(b); });
  }

  // An object whose keys are the user's labels.
  void expect_labels(const Node& node) {
    if (node.is_list()) {
      std::vector<std::string> labels;
      for (const Node& element : node.elements) {
        if (element.shape == Node::Shape::scalar && element.scalar.is_string()) {
          labels.push_back(fmt::format("\"{}\": {{...}}", element.scalar.get<std::string>()));
        }
      }
      const std::string remedy = labels.empty() ? "\"LABEL\": {...}" : fmt::format("{}", fmt::join(labels, ", "));
      source_.fail(node.pointer, fmt::format("{} stands where an object belongs; write {{{}}}", words(node), remedy));
    }
    for (const Member& member : node.members) {
      if (member.value.is_object()) check_label(member.value, member.key, source_);
    }
    expect_object(node, source_);
  }

  Json read_labelled(const Node& node, Family family) {
    expect_labels(node);
    Json all = Json::object();
    for (const Member& member : node.members) {
      const std::string path = child(child("", family_section(family)), member.key);
      all[member.key] = read_part(&member.value, family, path);
    }
    return all;
  }

  void read_evaluations(const Node& node, Family family) {
    expect_labels(node);
    for (const Member& member : node.members) {
      EvaluationTemplate evaluation;
      const std::string path = child(child("", family_section(family)), member.key);
      ReadKind read = read_kind(&member.value, family, path, {Role::evaluation, &evaluation.sweeps, nullptr});
      evaluation.kind = read.kind;
      evaluation.label = member.key;
      evaluation.pointer = member.value.pointer;
      evaluation.options = std::move(read.options);
      evaluation.options.erase("kind");
      made_.evaluations.push_back(std::move(evaluation));
    }
  }

  void add_default_metrics() {
    for (const std::string& name : default_metrics()) {
      const Kind* kind = catalog_.find(Family::metric, name);
      if (kind == nullptr) continue;
      EvaluationTemplate evaluation;
      evaluation.kind = kind;
      evaluation.label = name;
      evaluation.pointer = child("/metrics", name);
      evaluation.options = read_options(nullptr, kind->options, evaluation.pointer, evaluation.pointer, {},
                                        {Role::evaluation, &evaluation.sweeps, nullptr}, source_);
      made_.evaluations.push_back(std::move(evaluation));
    }
  }

  const Catalog& catalog_;
  const Source& source_;
  Template made_;
};

}  // namespace

Template read_template(const Node& root, const Catalog& catalog, const Source& source) {
  return TemplateReader(catalog, source).read(root);
}

Json read_plain_options(const Node* node, const Options& options, const std::string& path, const Source& source) {
  if (node != nullptr) expect_object(*node, source);
  return read_options(node, options, path, node == nullptr ? path : node->pointer, {}, {}, source);
}

}  // namespace eigensweep::study
