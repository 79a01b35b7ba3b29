// SPDX-License-Identifier: MIT
#include "cell_identity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/declare/training.hpp"
#include "eigensweep/study/expand/identity.hpp"

namespace eigensweep::study {
namespace {

std::string key_text(const std::string& key) { return canonical(Json(key)) + ":"; }

// A member that every cell's section has; options come and go with their values. Sorted keys put some options before
// the first such member and some behind it, which decides on which side a comma stands.
struct FixedMember {
  std::string key;
  CellText text;  // with its key
};

std::string option_text(const Option& option, const Json& value, bool is_first) {
  if (value == option.default_value) return "";
  const std::string text = key_text(option.name) + canonical(value);
  return is_first ? text + "," : "," + text;
}

class SectionWriter {
 public:
  explicit SectionWriter(const Grid& grid) : grid_(grid) {}

  // `fixed`: at least one, sorted by their keys.
  void write(const Options& options, const Json& section, const std::string& path, std::vector<FixedMember> fixed,
             CellText& into) const {
    std::vector<const Option*> sorted;
    for (const Option& option : options.all()) {
      if (option.identity) sorted.push_back(&option);
    }
    std::sort(sorted.begin(), sorted.end(), [](const Option* a, const Option* b) { return a->name < b->name; });
    std::size_t next = 0;
    into.add("{");
    for (const Option* option : sorted) {
      for (; next < fixed.size() && fixed[next].key < option->name; ++next) add_fixed(fixed[next], next == 0, into);
      add_option(*option, section, path, next == 0, into);
    }
    for (; next < fixed.size(); ++next) add_fixed(fixed[next], next == 0, into);
    into.add("}");
  }

  void write_kind(const Kind& kind, const Json& section, const std::string& path, CellText& into) const {
    FixedMember named{"kind", {}};
    named.text.add(key_text("kind") + canonical(Json(kind.name)));
    write(kind.options, section, path, {std::move(named)}, into);
  }

 private:
  static void add_fixed(const FixedMember& member, bool is_first, CellText& into) {
    if (!is_first) into.add(",");
    into.add(member.text);
  }

  void add_option(const Option& option, const Json& section, const std::string& path, bool is_first,
                  CellText& into) const {
    const Grid::Leaf* leaf = grid_.leaf(child(path, option.name));
    if (leaf == nullptr) return into.add(option_text(option, section.at(option.name), is_first));
    std::vector<std::string> by_value;
    by_value.reserve(leaf->values.size());
    for (const Json& value : leaf->values) by_value.push_back(option_text(option, value, is_first));
    into.add(leaf->digit, std::move(by_value));
  }

  const Grid& grid_;
};

}  // namespace

// Members stand in the order of their keys. CellIdentity::text() puts the penalties between before_ and after_.
CellIdentity::CellIdentity(const Template& alternative, const Grid& grid, const Catalog& catalog) {
  const SectionWriter writer(grid);
  const Json& config = alternative.config;
  const auto write_kind = [&](Family family, const Json& section, const std::string& path, CellText& into) {
    writer.write_kind(kind_of(catalog, family, section), section, path, into);
  };
  if (config.contains("constraints")) {
    for (const auto& [label, section] : config.at("constraints").items()) {
      write_kind(Family::constraint, section, child("/constraints", label), constraints_.emplace_back().text);
    }
  }
  for (const auto& [name, family] :
       {std::pair{"dataset", Family::dataset}, {"model", Family::model}, {"procedure", Family::procedure}}) {
    if (!config.contains(name)) continue;
    before_.add(key_text(name));
    write_kind(family, config.at(name), child("", name), before_);
    before_.add(",");
  }
  before_.add(key_text("recipe_version") + std::to_string(recipe_version));
  if (config.contains("regularizers")) {
    before_.add("," + key_text("regularizers") + "[");
    after_.add("]");
    for (const auto& [label, section] : config.at("regularizers").items()) {
      Penalty penalty;
      write_kind(Family::regularizer, section, child("/regularizers", label), penalty.text);
      const std::string& name = label;
      const auto found = std::find_if(grid.switches().begin(), grid.switches().end(),
                                      [&name](const Grid::Switch& one) { return one.label == name; });
      if (found != grid.switches().end()) penalty.off = &*found;
      penalties_.push_back(std::move(penalty));
    }
  }
  after_.add("," + key_text("seed"));
  if (const Grid::Leaf* seed = grid.leaf("/seed"); seed != nullptr) {
    std::vector<std::string> by_value;
    std::transform(seed->values.begin(), seed->values.end(), std::back_inserter(by_value), canonical);
    after_.add(seed->digit, std::move(by_value));
  } else {
    after_.add(canonical(config.at("seed")));
  }
  if (config.contains("training")) {
    const Json& training = config.at("training");
    std::vector<FixedMember> kinds{{"optimizer", {}}, {"schedule", {}}};
    kinds[0].text.add(key_text("optimizer"));
    write_kind(Family::optimizer, training.at("optimizer"), "/training/optimizer", kinds[0].text);
    kinds[1].text.add(key_text("schedule"));
    write_kind(Family::schedule, training.at("schedule"), "/training/schedule", kinds[1].text);
    after_.add("," + key_text("training"));
    writer.write(options_of<Training>(), training, "/training", std::move(kinds), after_);
  }
  after_.add("}");
}

const std::string& CellIdentity::text(const Digits& at) {
  text_ = "{";
  if (!constraints_.empty()) {
    text_ += "\"constraints\":[";
    write_sorted(constraints_, at);
    text_ += "],";
  }
  before_.write(at, text_);
  write_sorted(penalties_, at);
  after_.write(at, text_);
  return text_;
}

void CellIdentity::write_sorted(const std::vector<Penalty>& penalties, const Digits& at) {
  on_.clear();
  for (const Penalty& penalty : penalties) {
    if (penalty.off == nullptr || !penalty.off->off(at)) penalty.text.write(at, on_.emplace_back());
  }
  std::sort(on_.begin(), on_.end());
  for (const std::string& penalty : on_) {
    if (&penalty != on_.data()) text_ += ',';
    text_ += penalty;
  }
}

}  // namespace eigensweep::study
