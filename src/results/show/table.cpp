// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "alarms.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/results/show/summary.hpp"

namespace eigensweep::results {
namespace {

constexpr std::size_t most_intensities = 3;
constexpr std::size_t most_problems = 5;

/// Width on a terminal: code points, not bytes ("±" is one).
std::size_t display_width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

std::string aligned(const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths(lines.front().size(), 0);
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], display_width(line[i]));
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i)
      text += (i == 0 ? "" : "  ") + std::string(widths[i] - display_width(line[i]), ' ') + line[i];
    text += '\n';
  }
  return text;
}

std::string cell(const Json& statistics, int digits) {
  if (statistics.at("mean").is_null()) return "-";
  const std::string mean = fmt::format("{:.{}f}", statistics.at("mean").get<double>(), digits);
  if (statistics.at("std").is_null()) return mean;
  return fmt::format("{} ± {:.{}f}", mean, statistics.at("std").get<double>(), digits);
}

std::string plain(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return text::one_line(value.get<std::string>());
  return value.is_number_float() ? text::number(value.get<double>()) : value.dump();
}

/// Which of an attack's intensities are shown: up to three, evenly spread, zero left out. `asked`: whether an intensity
/// has any result.
std::vector<std::size_t> shown_intensities(const std::vector<double>& intensities, const std::vector<bool>& asked) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < intensities.size(); ++i)
    if (intensities[i] != 0 && asked[i]) places.push_back(i);
  if (places.size() <= most_intensities) return places;
  return {places.front(), places[(places.size() - 1) / 2], places.back()};
}

struct AttackColumn {
  std::string label;
  std::string intensity_name;
  std::size_t place;
  double intensity;
};

std::vector<AttackColumn> attack_columns(const Json& combinations) {
  std::vector<AttackColumn> columns;
  if (combinations.empty()) return columns;
  for (const auto& [label, attack] : combinations.front().at("attacks").items()) {
    const std::string intensity_name = attack.begin().key();
    const auto intensities = attack.at(intensity_name).get<std::vector<double>>();
    std::vector<bool> asked(intensities.size(), false);
    for (const Json& combination : combinations)
      for (std::size_t i = 0; i < intensities.size(); ++i)
        if (combination.at("attacks").at(label).at("robust_accuracy").at(i).at("count") > 0) asked[i] = true;
    for (const std::size_t place : shown_intensities(intensities, asked))
      columns.push_back({label, intensity_name, place, intensities[place]});
  }
  return columns;
}

/// The attacks whose clean accuracy has a column. Attacks on the same samples share one column.
std::vector<std::string> clean_columns(const Json& combinations) {
  std::vector<std::string> labels;
  if (combinations.empty()) return labels;
  const auto clean = [](const Json& combination, const std::string& label) -> const Json& {
    return combination.at("attacks").at(label).at("clean_accuracy");
  };
  for (const auto& [label, attack] : combinations.front().at("attacks").items()) {
    const bool is_there = std::any_of(combinations.begin(), combinations.end(), [&, &label = label](const Json& one) {
      return clean(one, label).at("count") > 0;
    });
    const bool is_shown = std::any_of(labels.begin(), labels.end(), [&, &label = label](const std::string& other) {
      return std::all_of(combinations.begin(), combinations.end(),
                         [&](const Json& one) { return clean(one, label) == clean(one, other); });
    });
    if (is_there && !is_shown) labels.push_back(label);
  }
  return labels;
}

std::string headline(const Json& summary) {
  const Json& trials = summary.at("trials");
  std::string text = fmt::format("{}: {} trials", summary.at("study").get<std::string>(),
                                 text::thousands(trials.at("total").get<long long>()));
  std::string separator = ": ";
  for (const char* word : {"ok", "failed", "diverged", "missing"}) {
    const auto count = trials.at(word).get<long long>();
    if (count == 0) continue;
    text += fmt::format("{}{} {}", separator, text::thousands(count), word);
    separator = ", ";
  }
  if (const auto missing = trials.at("missing_evaluations").get<long long>(); missing > 0)
    text += fmt::format("; {} evaluations to come", text::thousands(missing));
  return text + '\n';
}

std::string problem_lines(const Json& problems) {
  std::string text;
  for (std::size_t i = 0; i < std::min(problems.size(), most_problems); ++i)
    text += fmt::format("{} {}{}: {}\n", problems[i].at("trial_id").get<std::string>(),
                        problems[i].contains("evaluation") ? problems[i].at("evaluation").get<std::string>() + " " : "",
                        problems[i].at("status").get<std::string>(),
                        text::one_line(problems[i].at("message").get<std::string>()));
  if (problems.size() > most_problems) text += fmt::format("... and {} more\n", problems.size() - most_problems);
  return text;
}

}  // namespace

std::string as_table(const Json& summary) {
  const Json& combinations = summary.at("combinations");
  std::string text = headline(summary);
  if (combinations.empty()) return text;
  const std::vector<AttackColumn> attacks = attack_columns(combinations);
  const std::vector<std::string> clean = clean_columns(combinations);
  const bool has_accuracy = combinations.front().contains("test_accuracy");
  const bool has_exponent = combinations.front().contains("last_exponent");

  std::vector<std::vector<std::string>> lines(1);
  for (const Json& axis : summary.at("axes")) lines[0].push_back(axis.get<std::string>());
  lines[0].emplace_back("ok");
  if (has_accuracy) lines[0].emplace_back("test accuracy");
  for (const std::string& label : clean) lines[0].push_back(label + " clean");
  for (const AttackColumn& attack : attacks)
    lines[0].push_back(fmt::format("{} {}", attack.label, text::number(attack.intensity)));
  if (has_exponent) lines[0].emplace_back("last exponent");
  for (const Json& combination : combinations) {
    std::vector<std::string>& line = lines.emplace_back();
    for (const auto& [axis, value] : combination.at("at").items()) line.push_back(plain(value));
    line.push_back(fmt::format("{}/{}", combination.at("ok").get<int>(), combination.at("rows").get<int>()));
    if (has_accuracy) line.push_back(cell(combination.at("test_accuracy"), 4));
    for (const std::string& label : clean)
      line.push_back(cell(combination.at("attacks").at(label).at("clean_accuracy"), 3));
    for (const AttackColumn& attack : attacks)
      line.push_back(cell(combination.at("attacks").at(attack.label).at("robust_accuracy").at(attack.place), 3));
    if (has_exponent) line.push_back(cell(combination.at("last_exponent"), 2));
  }
  text += '\n' + aligned(lines);
  if (!attacks.empty()) {
    std::string over;
    for (const Json& replicate : summary.at("replicates"))
      over += (over.empty() ? "" : ", ") + replicate.get<std::string>();
    text += fmt::format("\nrobust accuracy by attack and {}{}{}\n", attacks.front().intensity_name,
                        clean.empty() ? "" : "; clean: of the attacked samples, before the attack",
                        over.empty() ? "" : fmt::format("; mean ± standard deviation over {}", over));
  }
  std::size_t rows = 0;
  for (const Json& combination : combinations) rows += combination.at("rows").get<std::size_t>();
  for (const std::string& lines : {alarm_lines(summary.at("alarms"), rows), problem_lines(summary.at("problems"))}) {
    if (!lines.empty()) text += '\n' + lines;
  }
  return text;
}

}  // namespace eigensweep::results
