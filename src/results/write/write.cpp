// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "column_check.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "older_records.hpp"
#include "place.hpp"
#include "provenance.hpp"
#include "study_writer.hpp"

namespace eigensweep::results {

const study::Evaluation* StudyWriter::asked(std::size_t row, study::Family family, const std::string& label) const {
  return find_evaluation(study_.evaluations(trial(row)), family, label);
}

const wire::Record* StudyWriter::newest(std::size_t row, study::Family family, const std::string& label) const {
  const study::Evaluation* evaluation = asked(row, family, label);
  return evaluation == nullptr ? nullptr : store_.evaluation(trial(row).id, evaluation->id);
}

std::int8_t StudyWriter::outcome(std::size_t row, const wire::Record* record) const {
  if (record != nullptr) return static_cast<std::int8_t>(record->status);
  const wire::Record* trained = training(row);
  const bool never_got_there = trained != nullptr && trained->status != wire::Status::ok;
  return static_cast<std::int8_t>(never_got_there ? trained->status : wire::Status::missing);
}

std::vector<std::size_t> StudyWriter::extents(const study::Column& column) const {
  std::vector<std::size_t> lengths;
  for (const std::string& dim : column.dims) lengths.push_back(layout_.lengths.at(dim));
  return lengths;
}

VariableSpec status_spec(std::string name, std::vector<std::string> dims, bool with_not_asked) {
  VariableSpec spec{std::move(name), std::move(dims), "i8", "", "what became of it"};
  spec.has_fill = false;
  if (with_not_asked) spec.flags = {{-1, "not_asked"}};
  for (const wire::Status status :
       {wire::Status::missing, wire::Status::ok, wire::Status::failed, wire::Status::diverged})
    spec.flags.emplace_back(static_cast<std::int8_t>(status), wire::to_string(status));
  return spec;
}

VariableSpec column_spec(const std::string& group, std::vector<std::string> leading, const study::Column& column) {
  leading.insert(leading.end(), column.dims.begin(), column.dims.end());
  // xarray takes "seconds" for a time span and converts; "s" it leaves alone.
  const std::string unit = column.unit == "seconds" ? "s" : column.unit;
  VariableSpec spec{group + "/" + column.name, std::move(leading), column.dtype, unit, column.meaning};
  if (column.alarm) {
    spec.attributes = {{"alarm", column.alarm->says}};
    spec.number_attributes = {{"alarm_above", column.alarm->above}};
  }
  return spec;
}

namespace {

/// The largest of `count` numbers of a variable, NaN left out.
double largest_of(const std::string& dtype, std::size_t count, const std::uint8_t* bytes) {
  const auto of = [&](auto number) {
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(&number, bytes + i * sizeof number, sizeof number);
      if (!std::isnan(static_cast<double>(number))) largest = std::max(largest, static_cast<double>(number));
    }
    return largest;
  };
  if (dtype == "i64") return of(std::int64_t());
  EIGENSWEEP_EXPECT(dtype == "f64");
  return of(double());
}

}  // namespace

void StudyWriter::add_column(const VariableSpec& spec, const std::optional<study::Alarm>& alarm,
                             const NetcdfWriter::FillRow& fill_row) {
  if (!alarm) return writer_.add_numbers(spec, fill_row);
  std::size_t count = 1;
  for (const hsize_t length : writer_.shape({spec.dims.begin() + 1, spec.dims.end()})) count *= length;
  writer_.add_numbers(spec, [&](std::size_t row, std::uint8_t* bytes) {
    fill_row(row, bytes);
    if (largest_of(spec.dtype, count, bytes) > alarm->above) ++alarms_[row];
  });
}

void StudyWriter::write_alarms() {
  writer_.add_numbers(
      {"alarms", {"trial"}, "i64", "", "how many variables hold a number above their alarm_above"},
      [&](std::size_t row, std::uint8_t* bytes) { std::memcpy(bytes, &alarms_[row], sizeof alarms_[row]); });
}

void place_column(const wire::Record* record, const study::Column& column, const std::vector<std::size_t>& leading,
                  const std::vector<std::size_t>& target, std::uint8_t* bytes) {
  if (record == nullptr) return;
  const auto found = record->columns.find(column.name);
  if (found != record->columns.end()) place_array(found->second, leading, target, column.dtype, bytes);
}

double seconds_of(const wire::Record* record) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  return record == nullptr ? unknown : record->provenance.value("seconds", unknown);
}

std::vector<std::string> write_results(const std::filesystem::path& file, const study::Study& study,
                                       const study::Catalog& catalog, const RecordStore& store,
                                       const Json& provenance) {
  const Layout layout = make_layout(study, catalog, store);
  const Json gathered = gather_provenance(study, store, provenance);
  std::vector<std::string> warnings = column_warnings(study, catalog, store);
  file::replace_atomically(file, [&](const std::filesystem::path& temporary) {
    NetcdfWriter writer(temporary, file);
    StudyWriter study_writer(writer, study, catalog, store, layout);
    study_writer.write_attributes(gathered, warnings);
    study_writer.write_dimensions();
    study_writer.write_trials();
    for (const ProcedureGroup& group : layout.procedures) study_writer.write_procedure(group);
    for (const AttackGroup& group : layout.attacks) study_writer.write_attacks(group);
    for (const MetricGroup& group : layout.metrics) study_writer.write_metric(group);
    study_writer.write_alarms();
    writer.finish();
  });
  return warnings;
}

wire::LedgerReport collect(const std::filesystem::path& ledger, const std::filesystem::path& file,
                           const study::Study& study, const study::Catalog& catalog, const Json& provenance,
                           std::vector<std::string>* warnings) {
  RecordStore store;
  OlderRecords older(study);
  const wire::LedgerReport report = wire::read_ledger(ledger, [&](wire::Record&& record) {
    older.upgrade(record);
    store.add(std::move(record));
  });
  std::vector<std::string> said = write_results(file, study, catalog, store, provenance);
  if (warnings != nullptr) *warnings = std::move(said);
  return report;
}

}  // namespace eigensweep::results
