// SPDX-License-Identifier: MIT
#include "alarms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "eigensweep/core/text.hpp"
#include "evaluation_groups.hpp"

namespace eigensweep::results {
namespace {

std::optional<Json> alarm_of(const ResultsFile& file, const std::string& name, double above, bool has_attacks) {
  const Variable variable = file.read(name);
  if (variable.numbers.empty()) return std::nullopt;
  const std::size_t row_size = variable.numbers.size() / variable.shape[0];
  const std::size_t block = has_attacks ? row_size / variable.shape[1] : row_size;
  double largest = above;
  std::set<std::size_t> rows, attacks;
  for (std::size_t i = 0; i < variable.numbers.size(); ++i) {
    if (!(variable.numbers[i] > above)) continue;
    largest = std::max(largest, variable.numbers[i]);
    rows.insert(i / row_size);
    attacks.insert(i % row_size / block);
  }
  if (rows.empty()) return std::nullopt;
  Json alarm{{"variable", name},
             {"above", above},
             {"largest", largest},
             {"rows", rows.size()},
             {"says", file.attribute(name, "alarm")}};
  if (has_attacks) {
    const std::vector<std::string> labels = file.read(variable.dims[1]).texts;
    alarm["attacks"] = Json::array();
    for (const std::size_t attack : attacks) alarm["attacks"].push_back(labels.at(attack));
  }
  return alarm;
}

}  // namespace

Json alarms_of(const ResultsFile& file) {
  Json alarms = Json::array();
  const std::vector<std::string> of_attacks = evaluation_groups(file).attacks;
  for (const std::string& group : file.groups()) {
    const bool has_attacks = std::find(of_attacks.begin(), of_attacks.end(), group) != of_attacks.end();
    for (const std::string& name : file.variables(group)) {
      const std::optional<double> above = file.number_attribute(name, "alarm_above");
      if (!above) continue;
      if (std::optional<Json> alarm = alarm_of(file, name, *above, has_attacks)) alarms.push_back(std::move(*alarm));
    }
  }
  return alarms;
}

std::string alarm_lines(const Json& alarms, std::size_t rows) {
  std::string lines;
  for (const Json& alarm : alarms) {
    std::string of;
    for (const Json& attack : alarm.value("attacks", Json::array())) {
      of += (of.empty() ? " of " : ", ") + text::one_line(attack.get<std::string>());
    }
    lines += fmt::format("alarm: {}{} is above {} in {} of {} cells, at most {:.3g}: {}\n",
                         alarm.at("variable").get<std::string>(), of, text::number(alarm.at("above").get<double>()),
                         alarm.at("rows").get<std::size_t>(), rows, alarm.at("largest").get<double>(),
                         alarm.at("says").get<std::string>());
  }
  return lines;
}

}  // namespace eigensweep::results
