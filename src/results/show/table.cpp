// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "alarms.hpp"
#include "eigensweep/core/terminal.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/results/show/summary.hpp"

namespace eigensweep::results {
namespace {

constexpr std::size_t most_intensities = 3;
constexpr std::size_t most_problems = 5;

/// A column of the table. One with a `rank` may be left out where the terminal is too narrow, that of the highest
/// first.
struct TableColumn {
  std::string head;
  std::vector<std::string> cells;
  int rank = 0;
};
constexpr int never = 0;
constexpr int other_intensity = 1;
constexpr int clean_accuracy = 2;

std::size_t width_of(const TableColumn& column) {
  std::size_t width = terminal::display_width(column.head);
  for (const std::string& cell : column.cells) width = std::max(width, terminal::display_width(cell));
  return width;
}

/// Takes columns away until the others fit into `columns` (0: any number); the heads of those taken away.
std::vector<std::string> fit(std::vector<TableColumn>& table, std::size_t columns) {
  std::vector<std::string> left_out;
  const auto total = [&table] {
    std::size_t sum = 0;
    for (const TableColumn& column : table) sum += width_of(column) + 2;
    return sum - 2;
  };
  while (columns > 0 && total() > columns) {
    // From the right, so that of equal ranks the last goes first.
    const auto last =
        std::max_element(table.rbegin(), table.rend(),
                         [](const TableColumn& one, const TableColumn& other) { return one.rank < other.rank; });
    if (last->rank == never) break;
    left_out.insert(left_out.begin(), last->head);
    table.erase(std::next(last).base());
  }
  return left_out;
}

std::string aligned(const std::vector<TableColumn>& table) {
  std::string text;
  for (std::size_t row = 0; row <= table.front().cells.size(); ++row) {
    for (std::size_t i = 0; i < table.size(); ++i) {
      const std::string& cell = row == 0 ? table[i].head : table[i].cells[row - 1];
      text += (i == 0 ? "" : "  ") + std::string(width_of(table[i]) - terminal::display_width(cell), ' ') + cell;
    }
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
  bool is_middle = true;  ///< of those that are shown
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
    const std::vector<std::size_t> places = shown_intensities(intensities, asked);
    for (const std::size_t place : places) {
      const bool is_middle = place == places[(places.size() - 1) / 2];
      columns.push_back({label, intensity_name, place, intensities[place], is_middle});
    }
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

/// Accuracies of attacks on different numbers of samples are not to be compared to the last digit.
std::string sample_line(const Json& samples) {
  std::vector<std::string> words;
  bool differ = false;
  for (const auto& [label, count] : samples.items()) {
    differ = differ || count != samples.front();
    words.push_back(fmt::format("{} {}", label, count == 0 ? "all" : text::thousands(count.get<long long>())));
  }
  return differ ? fmt::format("attacked samples: {}\n", fmt::join(words, ", ")) : "";
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

std::string as_table(const Json& summary, std::size_t columns) {
  const Json& combinations = summary.at("combinations");
  std::string text = headline(summary);
  if (combinations.empty()) return text;
  const std::vector<AttackColumn> attacks = attack_columns(combinations);
  const std::vector<std::string> clean = clean_columns(combinations);
  std::vector<TableColumn> table;
  const auto add = [&](std::string head, int rank, const auto& cell_of) {
    TableColumn& column = table.emplace_back(TableColumn{std::move(head), {}, rank});
    for (const Json& combination : combinations) column.cells.push_back(cell_of(combination));
  };
  for (const Json& axis : summary.at("axes")) {
    const auto name = axis.get<std::string>();
    add(name, never, [&](const Json& one) { return plain(one.at("at").at(name)); });
  }
  add("ok", never,
      [](const Json& one) { return fmt::format("{}/{}", one.at("ok").get<int>(), one.at("rows").get<int>()); });
  if (combinations.front().contains("test_accuracy")) {
    add("test accuracy", never, [](const Json& one) { return cell(one.at("test_accuracy"), 4); });
  }
  for (const std::string& label : clean) {
    add(label + " clean", clean_accuracy,
        [&](const Json& one) { return cell(one.at("attacks").at(label).at("clean_accuracy"), 3); });
  }
  for (const AttackColumn& attack : attacks) {
    add(fmt::format("{} {}", attack.label, text::number(attack.intensity)), attack.is_middle ? never : other_intensity,
        [&](const Json& one) {
          return cell(one.at("attacks").at(attack.label).at("robust_accuracy").at(attack.place), 3);
        });
  }
  if (combinations.front().contains("last_exponent")) {
    add("last exponent", never, [](const Json& one) { return cell(one.at("last_exponent"), 2); });
  }
  const std::vector<std::string> left_out = fit(table, columns);
  text += '\n' + aligned(table);
  std::string tail;
  if (!left_out.empty()) {
    tail += fmt::format("left out, for {} columns: {}; all of them: --wide\n", columns, fmt::join(left_out, ", "));
  }
  if (!attacks.empty()) {
    std::string over;
    for (const Json& replicate : summary.at("replicates"))
      over += (over.empty() ? "" : ", ") + replicate.get<std::string>();
    tail += fmt::format("\nrobust accuracy by attack and {}{}{}\n", attacks.front().intensity_name,
                        clean.empty() ? "" : "; clean: of the attacked samples, before the attack",
                        over.empty() ? "" : fmt::format("; mean ± standard deviation over {}", over));
  }
  tail += sample_line(summary.at("attacked_samples"));
  std::size_t rows = 0;
  for (const Json& combination : combinations) rows += combination.at("rows").get<std::size_t>();
  for (const std::string& lines : {alarm_lines(summary.at("alarms"), rows), problem_lines(summary.at("problems"))}) {
    if (!lines.empty()) tail += '\n' + lines;
  }
  return text + terminal::wrapped(tail, columns);
}

}  // namespace eigensweep::results
