// SPDX-License-Identifier: MIT
#include "option_places.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "eigensweep/core/text.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/declare/training.hpp"

namespace eigensweep::study {
namespace {

/// What PyTorch, Keras, scikit-learn and papers call options.
const std::map<std::string, std::string>& other_words() {
  static const std::map<std::string, std::string> words{
      {"lr", "learning_rate"},        {"hidden_size", "width"},    {"hidden_dim", "width"},
      {"hidden_units", "width"},      {"units", "width"},          {"n_hidden", "width"},
      {"num_layers", "depth"},        {"n_layers", "depth"},       {"hidden_layers", "depth"},
      {"n_epochs", "epochs"},         {"num_epochs", "epochs"},    {"max_epochs", "epochs"},
      {"bs", "batch_size"},           {"batch", "batch_size"},     {"eps", "epsilon"},
      {"nonlinearity", "activation"}, {"n_channels", "channels"},  {"num_steps", "steps"},
      {"n_steps", "steps"},           {"max_iter", "steps"},       {"alpha", "exponent"},
      {"random_state", "seed"},       {"batchnorm", "batch_norm"}, {"n_train", "train_samples"},
      {"beta", "strength"},           {"lambda", "strength"},      {"step_size", "relative_step"},
      {"eps_step", "relative_step"},  {"wd", "weight_decay"}};
  return words;
}

/// Whether a section holds any number of kinds, each with a label.
bool has_labels(Family family) {
  return family == Family::attack || family == Family::metric ||
         std::any_of(config_sections().begin(), config_sections().end(), [&](const ConfigSection& one) {
           return one.form == ConfigSection::Form::labelled && one.family == family;
         });
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

OptionPlaces::OptionPlaces(const Catalog& catalog) {
  const auto add = [this](const Options& options, const std::string& section) {
    for (const Option& option : options.all()) sections_[option.name].push_back(section);
  };
  add(options_of<Training>(), "/training");
  add(output_options(), "/output");
  for (const Family family : families()) add_kinds(catalog, family);
  sections_["seed"].emplace_back("the top level");
}

void OptionPlaces::add_kinds(const Catalog& catalog, Family family) {
  const std::string section = "/" + std::string(family_section(family));
  std::map<std::string, std::vector<std::string>> kinds;  // that have an option of this name
  std::size_t count = 0;
  for (const Kind& kind : catalog.all()) {
    if (kind.family != family) continue;
    ++count;
    for (const Option& option : kind.options.all()) kinds[option.name].push_back(kind.name);
  }
  for (const auto& [option, names] : kinds) {
    std::string place = has_labels(family) ? section + "/" + names.front() : section;
    if (!has_labels(family) && names.size() < count) place += fmt::format(" of kind {}", text::quoted_list(names));
    sections_[option].push_back(std::move(place));
  }
}

std::string OptionPlaces::advice(const std::string& key, const std::vector<std::string>& known) const {
  const auto word = other_words().find(key);
  const std::string& name = word == other_words().end() ? key : word->second;
  if (word != other_words().end() && holds(known, name)) return fmt::format("; it is called '{}'", name);
  // Adam has beta1: there a "beta" is not the paper's strength of a penalty.
  if (name != key && !text::nearest(key, known).empty()) return text::suggestion(key, known);
  const auto found = sections_.find(name);
  if (found == sections_.end()) return text::suggestion(key, known);
  const std::string belongs = fmt::format("belongs to {}", fmt::join(found->second, ", "));
  return name == key ? fmt::format("; '{}' {}", key, belongs)
                     : fmt::format("; it is called '{}' and {}", name, belongs);
}

}  // namespace eigensweep::study
