// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "eigensweep/results/read/reader.hpp"

namespace eigensweep::results {

/// A text as a field of a CSV (RFC 4180).
std::string csv_quoted(const std::string& text);

/// One item of a variable as a field: the shortest text that reads back to the same number, "" for NaN.
std::string csv_item(const Variable& variable, std::size_t place);

/// What a status means: "missing", "ok", "failed" or "diverged".
std::string csv_status(double status);

/// The columns that every table of a results file begins with: trial, trial_id, the axes, status.
class CsvTrials {
 public:
  explicit CsvTrials(const ResultsFile& file);

  [[nodiscard]] std::size_t size() const { return ids_.texts.size(); }
  [[nodiscard]] const std::vector<Variable>& axes() const { return axes_; }
  [[nodiscard]] std::string header() const;
  /// The fields of one trial.
  [[nodiscard]] std::string start(std::size_t row) const;

 private:
  Variable ids_;
  Variable status_;
  std::vector<Variable> axes_;
};

}  // namespace eigensweep::results
