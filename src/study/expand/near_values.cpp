// SPDX-License-Identifier: MIT
// Values of one axis that a user took for one: 0.3 beside 0.30000000000000004.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "warnings.hpp"

namespace eigensweep::study {
namespace {

/// Value -> where in the study it stands.
using Places = std::map<double, std::set<std::string>>;

void add(const Json& value, const std::string& place, Places& places) {
  if (value.is_number_float()) places[value.get<double>()].insert(place);
}

/// They differ by less than half a unit of the 12th significant digit.
bool are_near(double one, double other) {
  const double larger = std::max(std::abs(one), std::abs(other));
  return larger > 0 && std::abs(one - other) < 0.5 * std::pow(10.0, std::floor(std::log10(larger)) - 11);
}

std::string where(const std::set<std::string>& one, const std::set<std::string>& other) {
  std::set<std::string> all(one);
  all.insert(other.begin(), other.end());
  std::string words;
  for (const std::string& place : all) words += (words.empty() ? "" : ", ") + place;
  return words;
}

/// One warning for a dimension, however many pairs it has.
void warn(const Places& places, std::set<std::string>& said, std::vector<std::string>& warnings) {
  std::string first;
  std::size_t pairs = 0;
  for (auto value = places.begin(); value != places.end(); ++value) {
    const auto next = std::next(value);
    if (next == places.end() || !are_near(value->first, next->first)) continue;
    if (++pairs == 1) {
      first = fmt::format("{}: {} and {} are one number to 12 digits", where(value->second, next->second), value->first,
                          next->first);
    }
  }
  if (pairs == 0) return;
  std::string words = fmt::format(
      "{}{} (each is trained or measured and stands in the results as a value of its own); "
      "write them alike",
      first, pairs > 1 ? fmt::format(", the first of {} such pairs", pairs) : "");
  if (said.insert(words).second) warnings.push_back(std::move(words));
}

}  // namespace

std::vector<std::string> near_value_warnings(const Study& study) {
  std::vector<std::string> warnings;
  std::set<std::string> said;
  for (const Axis& axis : study.axes) {
    Places places;
    for (const Json& value : axis.values) add(value, axis.pointer, places);
    warn(places, said, warnings);
  }
  // Attacks whose intensities have one name share a dimension of the results.
  std::map<std::string, Places> intensities;
  std::set<const std::vector<Evaluation>*> seen;
  for (const Trial& trial : study.trials) {
    const std::vector<Evaluation>& evaluations = study.evaluations(trial);
    if (!seen.insert(&evaluations).second) continue;
    for (const Evaluation& evaluation : evaluations) {
      if (evaluation.intensity_name.empty()) continue;
      const std::string place =
          fmt::format("/{}/{}/{}", family_section(evaluation.family),
                      evaluation.label.substr(0, evaluation.label.find('[')), evaluation.intensity_name);
      for (const double intensity : evaluation.intensities)
        add(intensity, place, intensities[evaluation.intensity_name]);
    }
  }
  for (const auto& [name, places] : intensities) warn(places, said, warnings);
  return warnings;
}

}  // namespace eigensweep::study
