// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "layout.hpp"
#include "netcdf.hpp"

namespace eigensweep::results {

/// Writes one study's file: rows are cells of the grid, numbers come from the records of the cell's trial.
class StudyWriter {
 public:
  StudyWriter(NetcdfWriter& writer, const study::Study& study, const study::Catalog& catalog, const RecordStore& store,
              const Layout& layout)
      : writer_(writer),
        study_(study),
        catalog_(catalog),
        store_(store),
        layout_(layout),
        alarms_(study.cells.size(), 0) {}

  /// `warnings`: those about the records, written beside the study's own.
  void write_attributes(const Json& provenance, const std::vector<std::string>& warnings);
  void write_dimensions();
  void write_trials();
  void write_procedure(const ProcedureGroup& group);
  void write_attacks(const AttackGroup& group);
  void write_metric(const MetricGroup& group);
  /// How many alarms each row has. After all columns.
  void write_alarms();

 private:
  [[nodiscard]] std::size_t rows() const { return study_.cells.size(); }
  [[nodiscard]] const study::Trial& trial(std::size_t row) const { return study_.trials[study_.cells[row].trial]; }
  [[nodiscard]] const wire::Record* training(std::size_t row) const { return store_.training(trial(row).id); }
  /// The evaluation with that label that the study asks of the row's trial; null if there is none.
  [[nodiscard]] const study::Evaluation* asked(std::size_t row, study::Family family, const std::string& label) const;
  /// The newest record of that evaluation; null if there is no record or no such evaluation.
  [[nodiscard]] const wire::Record* newest(std::size_t row, study::Family family, const std::string& label) const;
  /// The status of an evaluation that the study asks for: its record's; without one, the training's if the training did
  /// not end well; else "missing".
  [[nodiscard]] std::int8_t outcome(std::size_t row, const wire::Record* record) const;
  [[nodiscard]] std::vector<std::size_t> extents(const study::Column& column) const;

  void write_trial_texts(const std::string& name, const std::string& description,
                         const std::function<std::string(const wire::Record&)>& text);
  void write_comparability();
  /// Writes a variable, and counts the rows that have an alarm.
  void add_column(const VariableSpec& spec, const std::optional<study::Alarm>& alarm,
                  const NetcdfWriter::FillRow& fill_row);
  void write_attack_column(const AttackGroup& group, const study::Column& column);
  /// Writes a row of an attack's column over `bytes`: [attack, intensity, ...], or [attack, ...] of numbers that all
  /// intensities share.
  void fill_attack_row(const AttackGroup& group, const study::Column& column, std::size_t row,
                       std::uint8_t* bytes) const;
  /// That row of a float64 column without further dimensions, NaN where there is no number.
  [[nodiscard]] std::vector<double> attack_numbers(const AttackGroup& group, const study::Column& column,
                                                   std::size_t row) const;
  /// What the attacks of a group say of each other.
  void write_agreement(const AttackGroup& group);
  /// An attack's column for all intensities, over all records that it has at those the study asks for; nothing if none
  /// has the column.
  [[nodiscard]] std::optional<wire::Array> merged(std::size_t row, const study::Evaluation& attack,
                                                  const study::Column& column) const;
  [[nodiscard]] std::string attack_message(std::size_t row, const AttackGroup& group, const std::string& label) const;
  void write_attack_status(const AttackGroup& group, const std::vector<std::string>& dims);

  NetcdfWriter& writer_;
  const study::Study& study_;
  const study::Catalog& catalog_;
  const RecordStore& store_;
  const Layout& layout_;
  std::vector<std::int64_t> alarms_;  // of each row
};

/// "missing", "ok", ... as netCDF flags; `with_not_asked` adds -1.
VariableSpec status_spec(std::string name, std::vector<std::string> dims, bool with_not_asked);

/// A declared column as a variable of a group.
VariableSpec column_spec(const std::string& group, std::vector<std::string> leading, const study::Column& column);

/// Copies a record's column into a row, if the record has it.
void place_column(const wire::Record* record, const study::Column& column, const std::vector<std::size_t>& leading,
                  const std::vector<std::size_t>& target, std::uint8_t* bytes);

/// The seconds a record notes, NaN without one.
double seconds_of(const wire::Record* record);

}  // namespace eigensweep::results
