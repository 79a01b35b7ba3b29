// SPDX-License-Identifier: MIT
// `eigensweep describe`: the declarations, for people.
#include <fmt/format.h>

#include <algorithm>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/declare/describe.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/declare/training.hpp"
#include "topics.hpp"
#include "words.hpp"

namespace eigensweep::study {
namespace {

std::string value_words(const Json& value) {
  return value.is_number_float() ? text::number(value.get<double>()) : value.dump();
}

std::string facts(const Option& option) {
  std::string words = option.type == Type::choice ? "one of " + text::quoted_list(option.choices)
                                                  : std::string(type_words(option.type));
  if (const std::string range = range_words(option.range); !range.empty()) words += " " + range;
  if (option.infinite) words += ", or \"inf\"";
  if (!option.unit.empty()) words += fmt::format(" [{}]", option.unit);
  words += option.default_value.is_null() ? "; required" : "; default " + value_words(option.default_value);
  return words;
}

template <class Rows, class Name>
std::size_t widest(const Rows& rows, const Name& name) {
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, name(row).size());
  return width;
}

std::string options_table(const Options& options) {
  const std::size_t width = widest(options.all(), [](const Option& option) { return option.name; });
  std::string table;
  for (const Option& option : options.all()) {
    table += fmt::format("  {:<{}}  {}\n", option.name, width, facts(option));
    table += fmt::format("  {:<{}}  {}\n", "", width, option.meaning);
  }
  return table;
}

std::vector<std::string> option_names(const Catalog& catalog) {
  std::vector<std::string> names;
  const auto add = [&](const Options& options) {
    for (const Option& option : options.all()) names.push_back(option.name);
  };
  add(options_of<Training>());
  add(output_options());
  for (const Kind& kind : catalog.all()) add(kind.options);
  return names;
}

/// Where an option stands and what it does, for those who know its name and not its section.
std::string describe_option(const Catalog& catalog, const std::string& name) {
  std::string page;
  const auto add = [&](const std::string& place, const Options& options) {
    const Option* option = options.find(name);
    if (option != nullptr) page += fmt::format("{}\n  {}\n  {}\n", place, facts(*option), option->meaning);
  };
  add("training", options_of<Training>());
  add("output", output_options());
  for (const Kind& kind : catalog.all()) {
    if (kind.procedure.is_chosen) add(fmt::format("{} {}", family_name(kind.family), kind.name), kind.options);
  }
  return page.empty() ? page : fmt::format("{} is an option of\n{}", name, page);
}

std::string columns_table(const std::vector<Column>& columns) {
  const auto title = [](const Column& column) {
    return column.dims.empty() ? column.name : fmt::format("{}[{}]", column.name, fmt::join(column.dims, ", "));
  };
  const std::size_t width = widest(columns, title);
  std::string table;
  for (const Column& column : columns) table += fmt::format("  {:<{}}  {}\n", title(column), width, column.meaning);
  return table;
}

std::string describe_kind(const Kind& kind) {
  std::string page = fmt::format("{} ({}, in \"{}\")\n{}\n", kind.name, family_name(kind.family),
                                 family_section(kind.family), kind.meaning);
  if (!kind.source.empty()) page += fmt::format("source: {}\n", kind.source);
  if (!kind.options.all().empty()) page += "\noptions\n" + options_table(kind.options);
  if (!kind.intensity.empty()) {
    page += fmt::format("\nall values of '{}' are run on each trained network; they never multiply trials\n",
                        kind.intensity);
  }
  if (!kind.off_when_zero.empty()) page += fmt::format("\n'{}' 0 trains without it\n", kind.off_when_zero);
  if (!kind.procedure.sections.empty()) {
    page += fmt::format("\nreads the sections {}\n", text::quoted_list(kind.procedure.sections));
  }
  if (!kind.columns.empty()) page += "\nresults\n" + columns_table(kind.columns);
  return page;
}

const char* const how_to_see_one = "\n'eigensweep describe NAME' shows one of these with its options\n";

std::string kinds_table(const Catalog& catalog, Family family) {
  const std::vector<std::string> names = catalog.names(family);
  const std::size_t width = widest(names, [](const std::string& name) { return name; });
  std::string table = fmt::format("{}\n", family_section(family));
  for (const std::string& name : names) {
    table += fmt::format("  {:<{}}  {}\n", name, width, catalog.find(family, name)->meaning);
  }
  return table;
}

std::string overview(const Catalog& catalog) {
  std::string page =
      "a study file holds \"name\", \"description\", \"seed\" and the sections below; every option may be a value or\n"
      "{\"sweep\": [...]}, {\"sweep\": {\"linspace\"|\"logspace\": [first, last, count]}}, "
      "{\"sweep\": {\"range\": [start, stop, step]}}\n"
      "\"cases\": named alternatives; \"zip\": options that advance together; \"exclude\": cells to leave out\n"
      "'eigensweep describe seed|sweep|cases|zip|exclude' shows each with an example\n\n";
  for (const Family family : families()) page += kinds_table(catalog, family);
  page += "training\n" + options_table(options_of<Training>());
  page += "output\n" + options_table(output_options());
  return page + how_to_see_one;
}

}  // namespace

std::vector<std::string> described_names(const Catalog& catalog) {
  std::vector<std::string> names{"training", "output"};
  for (const Topic& topic : topics()) names.push_back(topic.name);
  for (const Family family : families()) names.emplace_back(family_section(family));
  for (const Kind& kind : catalog.all()) {
    if (kind.procedure.is_chosen) names.push_back(kind.name);
  }
  return names;
}

std::string describe(const Catalog& catalog, const std::string& name) {
  if (name.empty()) return overview(catalog);
  if (name == "training") {
    return "training\n" + options_table(options_of<Training>()) + "\nresults (history)\n" +
           columns_table(history_columns());
  }
  if (name == "output") return "output\n" + options_table(output_options());
  for (const Topic& topic : topics()) {
    if (topic.name == name) return fmt::format("{}\n{}\nexample\n  {}\n", topic.name, topic.meaning, topic.example);
  }
  for (const Family family : families()) {
    if (name == family_section(family) || name == family_name(family)) {
      const bool is_metrics = family == Family::metric;
      return kinds_table(catalog, family) + (is_metrics ? '\n' + default_metric_words() + '\n' : "") + how_to_see_one;
    }
  }
  std::string page;
  for (const Kind& kind : catalog.all()) {
    if (!kind.procedure.is_chosen || kind.name != name) continue;
    if (!page.empty()) page += '\n';  // a name may stand in two families
    page += describe_kind(kind);
  }
  if (page.empty()) page = describe_option(catalog, name);
  if (page.empty()) {
    const std::vector<std::string> names = described_names(catalog);
    const std::string option = text::nearest(name, names).empty() ? text::nearest(name, option_names(catalog)) : "";
    throw ConfigError(
        fmt::format("describe: nothing is called '{}'{}", name,
                    option.empty() ? text::suggestion(name, names) : fmt::format("; did you mean '{}'?", option)));
  }
  return page;
}

}  // namespace eigensweep::study
