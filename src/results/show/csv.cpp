// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "csv_trials.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/results/show/summary.hpp"
#include "evaluation_groups.hpp"

namespace eigensweep::results {
namespace {

/// Attacks of one group, with the columns that have one number per intensity, or one for all intensities.
struct Attacks {
  std::string intensity;
  Variable labels;
  Variable intensities;
  Variable status;
  std::map<std::string, Variable> columns;
};

std::string last_part(const std::string& name) { return name.substr(name.rfind('/') + 1); }

class Csv {
 public:
  explicit Csv(const ResultsFile& file) : file_(file), trials_(file) {
    const EvaluationGroups groups = evaluation_groups(file);
    for (const std::string& group : groups.attacks) read_attacks(group);
    read_numbers(groups.procedures);
    read_numbers(groups.metrics);
  }

  std::string write() const {
    std::string text = header();
    for (std::size_t row = 0; row < trials_.size(); ++row) {
      bool is_written = false;
      for (const Attacks& attacks : attacks_) is_written = write_attacks(text, row, attacks) || is_written;
      if (!is_written)
        text += trials_.start(row) + blanks(1 + intensities_.size() + 1 + attack_columns_.size()) + end(row);
    }
    return text;
  }

 private:
  void read_attacks(const std::string& group) {
    Variable status = file_.read(group + "/status");
    if (status.dims.size() != 3) return;
    Attacks attacks{status.dims[2], file_.read(status.dims[1]), file_.read(status.dims[2]), status, {}};
    for (const std::string& name : file_.variables(group)) {
      const std::string column = last_part(name);
      if (column == "status" || column == "evaluation_seconds") continue;
      const std::vector<std::string> dims = file_.dims(name);
      if (dims != status.dims && dims != std::vector(status.dims.begin(), status.dims.begin() + 2)) continue;
      Variable numbers = file_.read(name);
      if (numbers.dtype == "text") continue;
      attacks.columns.emplace(column, std::move(numbers));
      if (std::find(attack_columns_.begin(), attack_columns_.end(), column) == attack_columns_.end())
        attack_columns_.push_back(column);
    }
    intensities_.push_back(attacks.intensity);
    attacks_.push_back(std::move(attacks));
  }

  /// The columns that have one number per row.
  void read_numbers(const std::vector<std::string>& groups) {
    std::set<std::string> taken{"trial", "trial_id", "status", "attack", "attack_status"};
    for (const auto& [name, column] : numbers_) taken.insert(name);
    taken.insert(intensities_.begin(), intensities_.end());
    taken.insert(attack_columns_.begin(), attack_columns_.end());
    for (const Variable& axis : trials_.axes()) taken.insert(axis.name);
    for (const std::string& group : groups) {
      for (const std::string& name : file_.variables(group)) {
        const std::string column = last_part(name);
        if (column == "status" || column == "message" || column == "evaluation_seconds") continue;
        if (file_.dims(name) != std::vector<std::string>{"trial"}) continue;
        std::string header = column;
        while (!taken.insert(header).second) header.insert(0, group + ".");
        numbers_.emplace_back(header, file_.read(name));
      }
    }
  }

  std::string header() const {
    std::string text = trials_.header() + ",attack";
    for (const std::string& intensity : intensities_) text += ',' + csv_quoted(intensity);
    text += ",attack_status";
    for (const std::string& column : attack_columns_) text += ',' + csv_quoted(column);
    for (const auto& [name, column] : numbers_) text += ',' + csv_quoted(name);
    return text + "\r\n";
  }

  static std::string blanks(std::size_t count) { return std::string(count, ','); }

  std::string end(std::size_t row) const {
    std::string text;
    for (const auto& [name, column] : numbers_) text += ',' + csv_item(column, row);
    return text + "\r\n";
  }

  bool write_attacks(std::string& text, std::size_t row, const Attacks& attacks) const {
    bool is_written = false;
    const std::size_t intensities = attacks.intensities.numbers.size();
    for (std::size_t i = 0; i < attacks.labels.texts.size() * intensities; ++i) {
      const std::size_t place = row * attacks.labels.texts.size() * intensities + i;
      if (attacks.status.numbers[place] < 0) continue;
      is_written = true;
      text += trials_.start(row) + ',' + csv_quoted(attacks.labels.texts[i / intensities]);
      for (const std::string& intensity : intensities_)
        text += ',' + (intensity == attacks.intensity ? csv_item(attacks.intensities, i % intensities) : "");
      text += ',' + csv_status(attacks.status.numbers[place]);
      for (const std::string& column : attack_columns_) {
        const auto found = attacks.columns.find(column);
        text += ',';
        if (found == attacks.columns.end()) continue;
        text += csv_item(found->second, found->second.dims.size() == 3 ? place : place / intensities);
      }
      text += end(row);
    }
    return is_written;
  }

  const ResultsFile& file_;
  CsvTrials trials_;
  std::vector<Attacks> attacks_;
  std::vector<std::string> intensities_;
  std::vector<std::string> attack_columns_;
  std::vector<std::pair<std::string, Variable>> numbers_;
};

}  // namespace

std::string as_csv(const ResultsFile& file) { return Csv(file).write(); }

}  // namespace eigensweep::results
