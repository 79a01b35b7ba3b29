// SPDX-License-Identifier: MIT
#include "eigensweep/study/declare/kind.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "eigensweep/core/error.hpp"

namespace eigensweep::study {
namespace {

struct FamilyRow {
  Family family;
  std::string_view name;
  std::string_view section;
};

constexpr std::array<FamilyRow, 9> family_rows{{
    {Family::procedure, "procedure", "procedure"},
    {Family::dataset, "dataset", "dataset"},
    {Family::model, "model", "model"},
    {Family::optimizer, "optimizer", "training/optimizer"},
    {Family::schedule, "schedule", "training/schedule"},
    {Family::regularizer, "regularizer", "regularizers"},
    {Family::constraint, "constraint", "constraints"},
    {Family::attack, "attack", "attacks"},
    {Family::metric, "metric", "metrics"},
}};

const FamilyRow& row_of(Family family) {
  for (const FamilyRow& row : family_rows) {
    if (row.family == family) return row;
  }
  throw ContractViolation("a family without a row");
}

}  // namespace

std::string_view family_name(Family family) { return row_of(family).name; }

std::string_view family_section(Family family) { return row_of(family).section; }

const std::vector<Family>& families() {
  static const std::vector<Family> all = [] {
    std::vector<Family> made;
    for (const FamilyRow& row : family_rows) made.push_back(row.family);
    return made;
  }();
  return all;
}

std::int64_t DatasetInfo::input_size() const {
  std::int64_t size = 1;
  for (const std::int64_t length : input_shape) size *= length;
  return size;
}

namespace {

/// Whether kinds of the family read the options of each lane of a pack; others read the first lane's.
bool reads_lanes(Family family) {
  return family == Family::procedure || family == Family::optimizer || family == Family::regularizer ||
         family == Family::constraint;
}

}  // namespace

void Catalog::add(Kind kind) {
  const std::vector<Option>& options = kind.options.all();
  EIGENSWEEP_EXPECT(reads_lanes(kind.family) ||
                    std::none_of(options.begin(), options.end(), [](const Option& option) { return option.per_lane; }));
  EIGENSWEEP_EXPECT(find(kind.family, kind.name) == nullptr);
  if (kind.family == Family::procedure && kind.procedure.is_chosen) {
    EIGENSWEEP_EXPECT(kind.columns.empty() || !kind.procedure.group.empty());
    for (const Kind& other : kinds_) {
      const bool is_chosen = other.family == Family::procedure && other.procedure.is_chosen;
      EIGENSWEEP_EXPECT(!is_chosen || other.procedure.group != kind.procedure.group);
    }
  }
  EIGENSWEEP_EXPECT(kind.intensity.empty() || kind.options.find(kind.intensity) != nullptr);
  EIGENSWEEP_EXPECT(kind.off_when_zero.empty() || kind.options.find(kind.off_when_zero) != nullptr);
  kinds_.push_back(std::move(kind));
}

const Kind* Catalog::find(Family family, std::string_view name) const noexcept {
  for (const Kind& kind : kinds_) {
    if (kind.family == family && kind.name == name) return &kind;
  }
  return nullptr;
}

std::vector<std::string> Catalog::names(Family family) const {
  std::vector<std::string> found;
  for (const Kind& kind : kinds_) {
    if (kind.family == family && kind.procedure.is_chosen) found.push_back(kind.name);
  }
  return found;
}

const Kind& kind_of(const Catalog& catalog, Family family, const Json& section) {
  const Kind* kind = catalog.find(family, section.at("kind").get_ref<const std::string&>());
  EIGENSWEEP_EXPECT(kind != nullptr);
  return *kind;
}

bool is_switched_off(const Kind& kind, const Json& options) {
  return !kind.off_when_zero.empty() && options.at(kind.off_when_zero).get<double>() == 0.0;
}

}  // namespace eigensweep::study
