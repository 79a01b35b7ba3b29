// SPDX-License-Identifier: MIT
#include "csv_trials.hpp"

#include <array>
#include <cmath>

#include "eigensweep/core/text.hpp"

namespace eigensweep::results {

std::string csv_quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char letter : text) result += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return result + '"';
}

std::string csv_item(const Variable& variable, std::size_t place) {
  if (variable.dtype == "text") return csv_quoted(variable.texts[place]);
  const double value = variable.numbers[place];
  if (std::isnan(value)) return "";
  if (variable.dtype == "i8") return value != 0 ? "true" : "false";
  return text::number(value);
}

std::string csv_status(double status) {
  constexpr std::array words{"missing", "ok", "failed", "diverged"};
  const auto place = static_cast<std::size_t>(status);
  return status >= 0 && place < words.size() ? words[place] : "";
}

CsvTrials::CsvTrials(const ResultsFile& file) : ids_(file.read("trial_id")), status_(file.read("status")) {
  for (const Json& axis : file.json_attribute("axes_json")) {
    const auto name = axis.at("coordinate").get<std::string>();
    if (!name.empty()) axes_.push_back(file.read(name));
  }
}

std::string CsvTrials::header() const {
  std::string text = "trial,trial_id";
  for (const Variable& axis : axes_) text += ',' + csv_quoted(axis.name);
  return text + ",status";
}

std::string CsvTrials::start(std::size_t row) const {
  std::string text = std::to_string(row) + ',' + csv_quoted(ids_.texts[row]);
  for (const Variable& axis : axes_) text += ',' + csv_item(axis, row);
  return text + ',' + csv_status(status_.numbers[row]);
}

}  // namespace eigensweep::results
