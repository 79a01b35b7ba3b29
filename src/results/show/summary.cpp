// SPDX-License-Identifier: MIT
#include "eigensweep/results/show/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "alarms.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/declare/fit.hpp"
#include "eigensweep/study/declare/role.hpp"
#include "eigensweep/wire/record.hpp"
#include "evaluation_groups.hpp"

namespace eigensweep::results {
namespace {

constexpr std::array words{"missing", "ok", "failed", "diverged"};

/// Mean and spread of the values that are not missing.
Json statistics(const std::vector<double>& values) {
  double sum = 0;
  std::size_t count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  if (count == 0) return {{"count", 0}, {"mean", nullptr}, {"std", nullptr}};
  const double mean = sum / static_cast<double>(count);
  double squares = 0;
  for (const double value : values) squares += std::isnan(value) ? 0 : (value - mean) * (value - mean);
  const Json spread = count < 2 ? Json(nullptr) : Json(std::sqrt(squares / static_cast<double>(count - 1)));
  return {{"count", count}, {"mean", mean}, {"std", spread}};
}

Json value_at(const Variable& variable, std::size_t row) {
  if (variable.dtype == "text") return variable.texts[row];
  const double value = variable.numbers[row];
  if (std::isnan(value)) return nullptr;
  if (variable.dtype == "i8") return value != 0;
  return variable.dtype == "i64" ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

/// A metric's column, and of which rows the study asks for the metric: cases may have metrics of their own.
struct MetricColumn {
  Variable values;
  std::optional<Variable> status;
  /// Of an exponent: the ranks of the fit. Nothing in an older file.
  std::optional<Variable> fit_first = {}, fit_last = {};

  [[nodiscard]] bool is_asked(std::size_t row) const { return !status || status->numbers[row] >= 0; }
};

std::optional<Variable> read_if_there(const ResultsFile& file, const std::string& name) {
  return file.has(name) ? std::optional(file.read(name)) : std::nullopt;
}

/// Groups of metrics that look at networks before training.
std::set<std::string> initial_groups(const ResultsFile& file) {
  std::set<std::string> groups;
  for (const Json& evaluation : file.json_attribute("evaluations_json")) {
    const Json options = evaluation.value("options", Json::object());
    if (options.value("network", "") == "initial") groups.insert(evaluation.value("group", ""));
  }
  return groups;
}

/// The metrics of trained networks that have a column of that name and those dimensions, in the file's order.
std::vector<MetricColumn> metric_columns(const ResultsFile& file, const std::string& column,
                                         const std::vector<std::string>& dims) {
  std::vector<MetricColumn> columns;
  const std::set<std::string> initial = initial_groups(file);
  for (const std::string& group : evaluation_groups(file).metrics) {
    const std::string name = group + "/" + column;
    if (initial.contains(group) || !file.has(name) || file.dims(name) != dims) continue;
    columns.push_back({file.read(name), read_if_there(file, group + "/status")});
    if (column != "exponent") continue;
    columns.back().fit_first = read_if_there(file, group + "/fit_first");
    columns.back().fit_last = read_if_there(file, group + "/fit_last");
  }
  return columns;
}

/// The first of these metrics that the study asks of a row; null if there is none.
const MetricColumn* asked_of(const std::vector<MetricColumn>& columns, std::size_t row) {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& one) { return one.is_asked(row); });
  return found == columns.end() ? nullptr : &*found;
}

struct AttackTable {
  std::string intensity;
  Variable labels;
  Variable intensities;
  Variable accuracy;
  std::optional<Variable> clean;  // of the same samples; nothing in an older file
};

std::vector<AttackTable> attack_tables(const ResultsFile& file) {
  std::vector<AttackTable> tables;
  for (const std::string& group : evaluation_groups(file).attacks) {
    const std::string name = group + "/robust_accuracy";
    if (!file.has(name)) continue;
    Variable accuracy = file.read(name);
    if (accuracy.dims.size() != 3) continue;
    const std::string intensity = accuracy.dims[2];
    AttackTable table{intensity, file.read(accuracy.dims[1]), file.read(intensity), std::move(accuracy), {}};
    if (file.has(group + "/clean_accuracy")) table.clean = file.read(group + "/clean_accuracy");
    tables.push_back(std::move(table));
  }
  return tables;
}

class Summary {
 public:
  explicit Summary(const ResultsFile& file)
      : file_(file),
        ids_(file.read("trial_id")),
        status_(file.read("status")),
        message_(file.read("message")),
        test_accuracies_(metric_columns(file, "test_accuracy", {"trial"})),
        exponents_(metric_columns(file, "exponent", {"trial", "layer"})),
        attacks_(attack_tables(file)) {}

  Json make() const {
    Json summary{{"study", file_.attribute("/", "title")}, {"created_utc", file_.attribute("/", "created_utc")}};
    summary["trials"] = count_trials();
    std::vector<Variable> axes;
    Json training = Json::array();
    Json replicate = Json::array();
    for (const Json& axis : file_.json_attribute("axes_json")) {
      if (axis.at("role") == word(study::Role::replicate)) replicate.push_back(axis.at("coordinate"));
      if (axis.at("role") != word(study::Role::training)) continue;
      axes.push_back(file_.read(axis.at("coordinate").get<std::string>()));
      training.push_back(axis.at("coordinate"));
    }
    summary["axes"] = training;
    summary["replicates"] = replicate;
    summary["combinations"] = combine(axes);
    summary["attacked_samples"] = attacked_samples();
    summary["problems"] = problems();
    summary["alarms"] = alarms_of(file_);
    return summary;
  }

 private:
  /// Label of an attack -> how many samples it runs on; 0: all of the split.
  Json attacked_samples() const {
    Json samples = Json::object();
    for (const Json& evaluation : file_.json_attribute("evaluations_json")) {
      if (evaluation.at("family") != "attack") continue;
      const Json options = evaluation.value("options", Json::object());
      if (options.contains("samples")) samples[evaluation.at("label").get<std::string>()] = options.at("samples");
    }
    return samples;
  }

  Json count_trials() const {
    std::array<std::size_t, words.size()> counts{};
    std::set<std::string> seen;
    for (std::size_t row = 0; row < ids_.texts.size(); ++row) {
      const auto status = static_cast<std::size_t>(status_.numbers[row]);
      if (status < counts.size() && seen.insert(ids_.texts[row]).second) ++counts[status];
    }
    Json json{{"total", seen.size()}};
    for (std::size_t i = 0; i < words.size(); ++i) json[words[i]] = counts[i];
    json["missing_evaluations"] = missing_evaluations();
    return json;
  }

  std::size_t missing_evaluations() const {
    std::size_t missing = 0;
    for (const std::string& group : file_.groups()) {
      if (!file_.has(group + "/status")) continue;
      const Variable status = file_.read(group + "/status");
      const std::size_t inner = ids_.texts.empty() ? 0 : status.numbers.size() / ids_.texts.size();
      std::set<std::string> seen;
      for (std::size_t row = 0; row < ids_.texts.size(); ++row) {
        if (!seen.insert(ids_.texts[row]).second) continue;
        for (std::size_t i = 0; i < inner; ++i) missing += status.numbers[row * inner + i] == 0 ? 1 : 0;
      }
    }
    return missing;
  }

  Json combine(const std::vector<Variable>& axes) const {
    std::vector<std::pair<Json, std::vector<std::size_t>>> combinations;
    std::map<std::string, std::size_t> places;
    for (std::size_t row = 0; row < ids_.texts.size(); ++row) {
      Json key = Json::object();
      for (const Variable& axis : axes) key[axis.name] = value_at(axis, row);
      const auto [place, is_new] = places.emplace(json_text(key), combinations.size());
      if (is_new) combinations.push_back({key, {}});
      combinations[place->second].second.push_back(row);
    }
    Json list = Json::array();
    for (const auto& [key, rows] : combinations) list.push_back(describe(key, rows));
    return list;
  }

  Json describe(const Json& key, const std::vector<std::size_t>& rows) const {
    std::size_t ok = 0;
    std::vector<double> accuracy;
    std::vector<double> exponent;
    for (const std::size_t row : rows) {
      ok += status_.numbers[row] == 1 ? 1 : 0;
      const MetricColumn* tested = asked_of(test_accuracies_, row);
      accuracy.push_back(tested == nullptr ? std::nan("") : tested->values.numbers[row]);
      const MetricColumn* fitted = asked_of(exponents_, row);
      exponent.push_back(fitted == nullptr ? std::nan("") : last_exponent(*fitted, row));
    }
    Json json{{"at", key}, {"rows", rows.size()}, {"ok", ok}};
    if (!test_accuracies_.empty()) json["test_accuracy"] = statistics(accuracy);
    json["attacks"] = Json::object();
    for (const AttackTable& table : attacks_) {
      for (std::size_t a = 0; a < table.labels.texts.size(); ++a) {
        json["attacks"][table.labels.texts[a]] = {{table.intensity, table.intensities.numbers},
                                                  {"robust_accuracy", robust(table, a, rows)},
                                                  {"clean_accuracy", clean(table, a, rows)}};
      }
    }
    if (!exponents_.empty()) json["last_exponent"] = statistics(exponent);
    return json;
  }

  static Json robust(const AttackTable& table, std::size_t attack, const std::vector<std::size_t>& rows) {
    Json list = Json::array();
    const std::size_t intensities = table.intensities.numbers.size();
    for (std::size_t s = 0; s < intensities; ++s) {
      std::vector<double> values;
      for (const std::size_t row : rows)
        values.push_back(table.accuracy.numbers[(row * table.labels.texts.size() + attack) * intensities + s]);
      list.push_back(statistics(values));
    }
    return list;
  }

  static Json clean(const AttackTable& table, std::size_t attack, const std::vector<std::size_t>& rows) {
    std::vector<double> values;
    for (const std::size_t row : rows) {
      if (table.clean) values.push_back(table.clean->numbers[row * table.labels.texts.size() + attack]);
    }
    return statistics(values);
  }

  /// The exponent of the network's own last hidden layer or NaN, never an earlier layer's. Older versions fitted any
  /// number of ranks, so fits to too few count as NaN here.
  static double last_exponent(const MetricColumn& metric, std::size_t row) {
    const std::size_t layers = metric.values.shape[1];
    for (std::size_t layer = layers; layer-- > 0;) {
      const std::size_t place = row * layers + layer;
      const double value = metric.values.numbers[place];
      if (!metric.fit_first || !metric.fit_last) {
        if (!std::isnan(value)) return value;
        continue;
      }
      const double first = metric.fit_first->numbers[place], last = metric.fit_last->numbers[place];
      if (std::isnan(first)) continue;  // a shallower network
      return last - first + 1 < study::fewest_fit_ranks ? std::nan("") : value;
    }
    return std::nan("");
  }

  Json problems() const {
    Json list = Json::array();
    std::set<std::string> seen;
    for (std::size_t row = 0; row < ids_.texts.size(); ++row) {
      if (status_.numbers[row] < 2 || !seen.insert(ids_.texts[row]).second) continue;
      list.push_back({{"trial_id", ids_.texts[row]},
                      {"status", words.at(static_cast<std::size_t>(status_.numbers[row]))},
                      {"message", message_.texts[row]}});
    }
    for (const std::string& group : file_.groups()) {
      if (file_.has(group + "/status") && file_.has(group + "/message")) add_problems(group, list);
    }
    return list;
  }

  /// Evaluations of trained networks that failed or diverged: one entry for each attack or metric of a trial.
  void add_problems(const std::string& group, Json& list) const {
    const Variable status = file_.read(group + "/status");
    const Variable message = file_.read(group + "/message");
    const bool is_attack = group.starts_with("attacks") && status.dims.size() > 1;
    const std::vector<std::string> labels =
        is_attack ? file_.read(status.dims[1]).texts : std::vector{file_.attribute(group, "label")};
    const std::size_t inner = status.numbers.size() / std::max<std::size_t>(message.texts.size(), 1);
    std::set<std::string> seen;
    for (std::size_t row = 0; row < ids_.texts.size(); ++row) {
      if (status_.numbers[row] != 1 || !seen.insert(ids_.texts[row]).second) continue;
      for (std::size_t label = 0; label < labels.size(); ++label) {
        const std::size_t place = row * labels.size() + label;
        const auto first = status.numbers.begin() + static_cast<std::ptrdiff_t>(place * inner);
        const double worst = *std::max_element(first, first + static_cast<std::ptrdiff_t>(inner));
        if (worst < 2) continue;
        list.push_back({{"trial_id", ids_.texts[row]},
                        {"evaluation", labels[label]},
                        {"status", words.at(static_cast<std::size_t>(worst))},
                        {"message", message.texts[place]}});
      }
    }
  }

  const ResultsFile& file_;
  Variable ids_;
  Variable status_;
  Variable message_;
  std::vector<MetricColumn> test_accuracies_;
  std::vector<MetricColumn> exponents_;
  std::vector<AttackTable> attacks_;
};

}  // namespace

Json summarize(const ResultsFile& file) { return Summary(file).make(); }

}  // namespace eigensweep::results
