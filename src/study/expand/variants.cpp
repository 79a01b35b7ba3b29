// SPDX-License-Identifier: MIT
#include "variants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "compound.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/expand/identity.hpp"

namespace eigensweep::study {
namespace {

// Far more than any study needs. Without this limit, memory would run out.
constexpr double most_variants = 10000;

std::vector<double> intensities_of(const EvaluationTemplate& evaluation) {
  const std::string& intensity = evaluation.kind->intensity;
  std::vector<double> intensities;
  if (intensity.empty()) return intensities;
  for (const Sweep& sweep : evaluation.sweeps) {
    if (sweep.option->name != intensity) continue;
    for (const Json& value : sweep.values) intensities.push_back(value.get<double>());
  }
  if (intensities.empty()) intensities.push_back(evaluation.options.at(intensity).get<double>());
  std::sort(intensities.begin(), intensities.end());
  return intensities;
}

void add_variants(const EvaluationTemplate& evaluation, const Source& source, std::vector<Evaluation>& all) {
  if (cell_count(evaluation.sweeps, evaluation.compounds) > most_variants) {
    source.fail(evaluation.pointer, "more than 10,000 variants; sweep fewer values");
  }
  const std::vector<double> intensities = intensities_of(evaluation);
  Json options = evaluation.options;
  const auto assign = [&](std::size_t sweep, const Json& value) {
    options[evaluation.sweeps[sweep].option->name] = value;
  };
  for_each_cell(evaluation.sweeps, evaluation.compounds, assign, [&] {
    Evaluation made;
    made.family = evaluation.kind->family;
    made.pointer = evaluation.pointer;
    made.kind = evaluation.kind->name;
    made.options = options;
    made.intensity_name = evaluation.kind->intensity;
    if (!made.intensity_name.empty()) made.options.erase(made.intensity_name);
    made.intensities = intensities;
    made.id = evaluation_id(*evaluation.kind, made.options, intensities);
    std::string suffix;
    for (const Sweep& sweep : evaluation.sweeps) {
      const std::string& name = sweep.option->name;
      if (name == made.intensity_name) continue;
      suffix += fmt::format("{}{}={}", suffix.empty() ? "" : ",", name, value_text(options.at(name)));
    }
    made.label = suffix.empty() ? evaluation.label : fmt::format("{}[{}]", evaluation.label, suffix);
    for (const Evaluation& earlier : all) {
      if (earlier.id == made.id) {
        source.fail(evaluation.pointer,
                    fmt::format("'{}' computes the same as '{}'; keep one, with all its intensities", made.label,
                                earlier.label));
      }
    }
    all.push_back(std::move(made));
  });
}

}  // namespace

std::vector<Evaluation> make_evaluations(const Template& alternative, const Source& source) {
  std::vector<Evaluation> all;
  for (const EvaluationTemplate& evaluation : alternative.evaluations) add_variants(evaluation, source, all);
  return all;
}

std::string value_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return text::number(value.get<double>());
  return canonical(value);
}

}  // namespace eigensweep::study
