// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "coordinate.hpp"
#include "eigensweep/study/declare/closed_form.hpp"
#include "study_writer.hpp"

namespace eigensweep::results {
namespace {

using wire::Record;

std::vector<std::int64_t> counted(std::size_t count, std::int64_t first) {
  std::vector<std::int64_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = first + static_cast<std::int64_t>(i);
  return numbers;
}

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : json_text(value); }

std::string noted(const Record& record, const char* key) {
  return record.provenance.contains(key) ? text_of(record.provenance.at(key)) : "";
}

std::string joined_warnings(const Record& record) {
  std::string text;
  for (const Json& warning : record.provenance.value("warnings", Json::array()))
    text += (text.empty() ? "" : "; ") + text_of(warning);
  return text;
}

/// The part of the provenance that has no variable of its own.
std::string rest_of(const Record& record) {
  Json rest = record.provenance;
  for (const char* key : {"host", "device", "pack", "lane", "seconds", "warnings", "model_sha256", "dataset_sha256"})
    rest.erase(key);
  return text_of(rest);
}

std::string meaning_of_dimension(const std::string& name) {
  if (name == "epoch") return "passes over the training set, from 1";
  if (name == "layer") return "hidden layers, from 1";
  if (name == "affine") return "affine layers, from 1: input layer first, readout last";
  if (name == "eigenvalue") return "rank of an eigenvalue, from 1";
  return "index, from 0";
}

}  // namespace

void StudyWriter::write_dimensions() {
  writer_.add_dimension({"trial", {}, "i64", "", "cell of the grid of training and replicate axes"},
                        counted(rows(), 0));
  for (const AttackGroup& group : layout_.attacks) {
    writer_.add_dimension({group.attack_dimension, {}, "text", "", "label of the attack"}, group.labels);
    if (group.intensity.empty()) continue;
    writer_.add_dimension({group.intensity, {}, "f64", group.unit, "intensity of the attack"}, group.intensities);
  }
  for (const auto& [name, length] : layout_.lengths) {
    const std::string meaning = meaning_of_dimension(name);
    writer_.add_dimension({name, {}, "i64", "", meaning}, counted(length, meaning == "index, from 0" ? 0 : 1));
  }
}

void StudyWriter::write_trial_texts(const std::string& name, const std::string& description,
                                    const std::function<std::string(const Record&)>& text) {
  std::vector<std::string> texts;
  for (std::size_t row = 0; row < rows(); ++row) texts.push_back(training(row) == nullptr ? "" : text(*training(row)));
  writer_.add_texts({name, {"trial"}, "text", "", description}, texts);
}

void StudyWriter::write_trials() {
  for (std::size_t i = 0; i < layout_.coordinates.size(); ++i) {
    const study::Axis& axis = study_.axes[i];
    std::vector<Json> values;
    values.reserve(rows());
    for (const study::Cell& cell : study_.cells) values.push_back(study_.coordinate(cell, i));
    write_coordinate(writer_,
                     {layout_.coordinates[i],
                      {"trial"},
                      "",
                      "",
                      fmt::format("value of the axis {}", axis.pointer),
                      {{"role", std::string(word(axis.role))}, {"pointer", axis.pointer}}},
                     values);
  }
  std::vector<std::string> ids;
  for (std::size_t row = 0; row < rows(); ++row) ids.push_back(trial(row).id);
  writer_.add_texts({"trial_id", {"trial"}, "text", "", "identity of the training configuration"}, ids);
  writer_.add_numbers(status_spec("status", {"trial"}, false), [&](std::size_t row, std::uint8_t* bytes) {
    const Record* record = training(row);
    *bytes = static_cast<std::uint8_t>(record == nullptr ? wire::Status::missing : record->status);
  });
  write_trial_texts("message", "why it failed or diverged", [](const Record& record) { return record.message; });
  writer_.add_numbers(
      {"train_seconds", {"trial"}, "f64", "s", "time that the pack took to train, all its lanes together"},
      [&](std::size_t row, std::uint8_t* bytes) {
        const double seconds = seconds_of(training(row));
        std::memcpy(bytes, &seconds, sizeof seconds);
      });
  write_trial_texts("host", "where it was trained", [](const Record& record) { return noted(record, "host"); });
  write_trial_texts("device", "what it was trained on", [](const Record& record) { return noted(record, "device"); });
  write_trial_texts("pack", "the pack it was trained in", [](const Record& record) { return noted(record, "pack"); });
  writer_.add_numbers({"lane", {"trial"}, "i64", "", "its place in the pack"},
                      [&](std::size_t row, std::uint8_t* bytes) {
                        const Record* record = training(row);
                        if (record == nullptr || !record->provenance.contains("lane")) return;
                        const auto lane = record->provenance.at("lane").get<std::int64_t>();
                        std::memcpy(bytes, &lane, sizeof lane);
                      });
  write_trial_texts("warnings", "what is worth knowing of it", joined_warnings);
  write_trial_texts("model_sha256", "SHA-256 of its models/<trial_id>.safetensors",
                    [](const Record& record) { return noted(record, "model_sha256"); });
  write_trial_texts("dataset_sha256", "SHA-256 of the content of the data that it was trained with",
                    [](const Record& record) { return noted(record, "dataset_sha256"); });
  write_comparability();
  write_trial_texts("provenance", "what else its worker noted, as JSON", rest_of);
}

void StudyWriter::write_comparability() {
  std::vector<std::optional<std::string>> by_recipe(study_.recipes());
  std::vector<std::string> reasons;
  reasons.reserve(rows());
  for (std::size_t row = 0; row < rows(); ++row) {
    std::optional<std::string>& reason = by_recipe[study_.recipe(trial(row))];
    if (!reason) reason = study::why_no_limit(catalog_, study_.config(trial(row)));
    reasons.push_back(*reason);
  }
  writer_.add_numbers({"comparable_to_inf",
                       {"trial"},
                       "i64",
                       "",
                       "1 if the network is one whose limit of infinite width can be had, 0 if not"},
                      [&](std::size_t row, std::uint8_t* bytes) {
                        const std::int64_t is_comparable = reasons[row].empty() ? 1 : 0;
                        std::memcpy(bytes, &is_comparable, sizeof is_comparable);
                      });
  writer_.add_texts({"not_comparable_because", {"trial"}, "text", "", "why not, or \"\""}, reasons);
}

void StudyWriter::write_procedure(const ProcedureGroup& group) {
  writer_.add_group(group.group);
  for (const study::Column& column : group.columns) {
    const std::vector<std::size_t> target = extents(column);
    add_column(column_spec(group.group, {"trial"}, column), column.alarm, [&](std::size_t row, std::uint8_t* bytes) {
      if (study_.procedure(trial(row)) != group.kind) return;
      place_column(training(row), column, {}, target, bytes);
    });
  }
}

}  // namespace eigensweep::results
