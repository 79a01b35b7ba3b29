// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>

#include "place.hpp"
#include "study_writer.hpp"

namespace eigensweep::results {
namespace {

using study::Column;
using study::Evaluation;
using study::Family;
using wire::Record;

constexpr std::int8_t not_asked = -1;

std::size_t items(const std::vector<std::size_t>& extents) {
  std::size_t count = 1;
  for (const std::size_t extent : extents) count *= extent;
  return count;
}

bool asks_for(const Evaluation& attack, const AttackGroup& group, std::size_t intensity) {
  return group.intensity.empty() ||
         std::binary_search(attack.intensities.begin(), attack.intensities.end(), group.intensities[intensity]);
}

/// Whether an attack's record has a number at one of its intensities.
bool has_number(const AttackGroup& group, const RecordRow& place) {
  return std::any_of(group.columns.begin(), group.columns.end(), [&](const Column& column) {
    const auto found = place.record->columns.find(column.name);
    if (!column.per_intensity || !column.dims.empty() || found == place.record->columns.end()) return false;
    const std::vector<double> values = found->second.values();
    return place.row < values.size() && !std::isnan(values[place.row]);
  });
}

/// The numbers of `array` merged into those of `merged`, of the same shape; float64 both.
void merge(const wire::Array& array, study::Merge how, wire::Array& merged) {
  if (array.shape != merged.shape) return;
  const std::vector<double> next = array.values();
  std::vector<double> all = merged.values();
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = how == study::Merge::sum    ? all[i] + next[i]
             : how == study::Merge::most ? std::fmax(all[i], next[i])   // NaN does not count
                                         : std::fmin(all[i], next[i]);  // likewise
  }
  merged = wire::Array::of(all, merged.shape);
}

std::size_t intensities_of(const AttackGroup& group) { return group.intensity.empty() ? 1 : group.intensities.size(); }

}  // namespace

std::optional<wire::Array> StudyWriter::merged(std::size_t row, const Evaluation& attack, const Column& column) const {
  std::optional<wire::Array> all;
  std::set<const Record*> seen;
  for (const double intensity : attack.intensities) {
    const RecordRow* place = store_.at_intensity(trial(row).id, attack.id, intensity);
    if (place == nullptr || !seen.insert(place->record.get()).second) continue;
    const auto found = place->record->columns.find(column.name);
    if (found == place->record->columns.end()) continue;
    if (all) {
      merge(found->second, column.merge, *all);
    } else {
      all = found->second;
    }
  }
  return all;
}

void StudyWriter::fill_attack_row(const AttackGroup& group, const Column& column, std::size_t row,
                                  std::uint8_t* bytes) const {
  const std::vector<std::size_t> target = extents(column);
  const std::size_t block = items(target) * hdf5::size_of(column.dtype);
  for (std::size_t i = 0; i < group.labels.size(); ++i) {
    const Evaluation* attack = asked(row, Family::attack, group.labels[i]);
    if (attack == nullptr) continue;
    if (!column.per_intensity && column.merge == study::Merge::newest) {
      place_column(newest(row, Family::attack, group.labels[i]), column, {}, target, bytes + i * block);
    } else if (!column.per_intensity) {
      const std::optional<wire::Array> all = merged(row, *attack, column);
      if (all) place_array(*all, {}, target, column.dtype, bytes + i * block);
    } else if (group.intensity.empty()) {
      place_column(store_.evaluation(trial(row).id, attack->id), column, {}, target, bytes + i * block);
    } else {
      for (std::size_t s = 0; s < group.intensities.size(); ++s) {
        if (!asks_for(*attack, group, s)) continue;
        const RecordRow* place = store_.at_intensity(trial(row).id, attack->id, group.intensities[s]);
        if (place == nullptr) continue;
        place_column(place->record.get(), column, {place->row}, target,
                     bytes + (i * group.intensities.size() + s) * block);
      }
    }
  }
}

void StudyWriter::write_attack_column(const AttackGroup& group, const Column& column) {
  std::vector<std::string> dims{"trial", group.attack_dimension};
  if (column.per_intensity && !group.intensity.empty()) dims.push_back(group.intensity);
  add_column(column_spec(group.group, dims, column), column.alarm,
             [&](std::size_t row, std::uint8_t* bytes) { fill_attack_row(group, column, row, bytes); });
}

void StudyWriter::write_attack_status(const AttackGroup& group, const std::vector<std::string>& dims) {
  const std::size_t intensities = intensities_of(group);
  writer_.add_numbers(status_spec(group.group + "/status", dims, true), [&](std::size_t row, std::uint8_t* bytes) {
    for (std::size_t i = 0; i < group.labels.size() * intensities; ++i) {
      const Evaluation* attack = asked(row, Family::attack, group.labels[i / intensities]);
      std::int8_t status = not_asked;
      if (attack != nullptr && asks_for(*attack, group, i % intensities)) {
        const RecordRow* place = group.intensity.empty() ? nullptr
                                                         : store_.at_intensity(trial(row).id, attack->id,
                                                                               group.intensities[i % intensities]);
        const Record* record = place != nullptr ? place->record.get() : nullptr;
        if (group.intensity.empty()) record = store_.evaluation(trial(row).id, attack->id);
        status = outcome(row, record);
        // An attack may diverge at one intensity and have numbers at the others.
        const bool is_partly = place != nullptr && record->status == wire::Status::diverged;
        if (is_partly && has_number(group, *place)) status = static_cast<std::int8_t>(wire::Status::ok);
      }
      bytes[i] = static_cast<std::uint8_t>(status);
    }
  });
}

/// The messages of all records of the attack's intensities. There may be several records, because a later run may add
/// intensities.
std::string StudyWriter::attack_message(std::size_t row, const AttackGroup& group, const std::string& label) const {
  const Evaluation* attack = asked(row, Family::attack, label);
  if (attack == nullptr) return "";
  std::vector<std::string> messages;
  const auto note = [&](const Record* record) {
    if (record == nullptr || record->message.empty()) return;
    if (std::find(messages.begin(), messages.end(), record->message) == messages.end()) {
      messages.push_back(record->message);
    }
  };
  if (group.intensity.empty()) note(store_.evaluation(trial(row).id, attack->id));
  for (const double intensity : attack->intensities) {
    const RecordRow* place = store_.at_intensity(trial(row).id, attack->id, intensity);
    note(place == nullptr ? nullptr : place->record.get());
  }
  return fmt::format("{}", fmt::join(messages, "; "));
}

void StudyWriter::write_attacks(const AttackGroup& group) {
  writer_.add_group(group.group);
  for (const Column& column : group.columns) write_attack_column(group, column);
  write_agreement(group);
  std::vector<std::string> dims{"trial", group.attack_dimension};
  std::vector<std::string> messages;
  for (std::size_t row = 0; row < rows(); ++row) {
    for (const std::string& label : group.labels) messages.push_back(attack_message(row, group, label));
  }
  const std::string prefix = group.group + "/";
  writer_.add_numbers(
      {prefix + "evaluation_seconds", dims, "f64", "s", "time that the attack took, the pack's lanes together"},
      [&](std::size_t row, std::uint8_t* bytes) {
        for (std::size_t i = 0; i < group.labels.size(); ++i) {
          const double seconds = seconds_of(newest(row, Family::attack, group.labels[i]));
          std::memcpy(bytes + i * sizeof seconds, &seconds, sizeof seconds);
        }
      });
  writer_.add_texts({prefix + "message", dims, "text", "", "why the attack failed"}, messages);
  writer_.add_texts({prefix + "kind", {group.attack_dimension}, "text", "", "kind of the attack"}, group.kinds);
  writer_.add_texts({prefix + "options", {group.attack_dimension}, "text", "", "its options, as JSON"}, group.options);
  if (!group.intensity.empty()) dims.push_back(group.intensity);
  write_attack_status(group, dims);
}

void StudyWriter::write_metric(const MetricGroup& group) {
  writer_.add_group(group.group);
  writer_.set_attribute(group.group, "label", group.label);
  writer_.set_attribute(group.group, "kind", group.kind);
  writer_.set_attribute(group.group, "options", group.options);
  for (const Column& column : group.columns) {
    const std::vector<std::size_t> target = extents(column);
    add_column(column_spec(group.group, {"trial"}, column), column.alarm, [&](std::size_t row, std::uint8_t* bytes) {
      place_column(newest(row, Family::metric, group.label), column, {}, target, bytes);
    });
  }
  const std::string prefix = group.group + "/";
  writer_.add_numbers(
      {prefix + "evaluation_seconds", {"trial"}, "f64", "s", "time that it took, the pack's lanes together"},
      [&](std::size_t row, std::uint8_t* bytes) {
        const double seconds = seconds_of(newest(row, Family::metric, group.label));
        std::memcpy(bytes, &seconds, sizeof seconds);
      });
  std::vector<std::string> messages;
  for (std::size_t row = 0; row < rows(); ++row) {
    const Record* record = newest(row, Family::metric, group.label);
    messages.push_back(record == nullptr ? "" : record->message);
  }
  writer_.add_texts({prefix + "message", {"trial"}, "text", "", "why it could not be measured"}, messages);
  writer_.add_numbers(status_spec(prefix + "status", {"trial"}, true), [&](std::size_t row, std::uint8_t* bytes) {
    const Evaluation* metric = asked(row, Family::metric, group.label);
    *bytes = static_cast<std::uint8_t>(metric == nullptr ? not_asked
                                                         : outcome(row, newest(row, Family::metric, group.label)));
  });
}

}  // namespace eigensweep::results
