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

std::vector<double> strengths_of(const EvaluationTemplate& evaluation) {
  const std::string& strength = evaluation.kind->strength;
  std::vector<double> strengths;
  if (strength.empty()) return strengths;
  for (const Sweep& sweep : evaluation.sweeps) {
    if (sweep.option->name != strength) continue;
    for (const Json& value : sweep.values) strengths.push_back(value.get<double>());
  }
  if (strengths.empty()) strengths.push_back(evaluation.options.at(strength).get<double>());
  std::sort(strengths.begin(), strengths.end());
  return strengths;
}

void add_variants(const EvaluationTemplate& evaluation, const Source& source, std::vector<Evaluation>& all) {
  if (cell_count(evaluation.sweeps, evaluation.compounds) > most_variants) {
    source.fail(evaluation.pointer, "more than 10,000 variants; sweep fewer values");
  }
  const std::vector<double> strengths = strengths_of(evaluation);
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
    made.strength_name = evaluation.kind->strength;
    if (!made.strength_name.empty()) made.options.erase(made.strength_name);
    made.strengths = strengths;
    made.id = evaluation_id(*evaluation.kind, made.options, strengths);
    std::string suffix;
    for (const Sweep& sweep : evaluation.sweeps) {
      const std::string& name = sweep.option->name;
      if (name == made.strength_name) continue;
      suffix += fmt::format("{}{}={}", suffix.empty() ? "" : ",", name, value_text(options.at(name)));
    }
    made.label = suffix.empty() ? evaluation.label : fmt::format("{}[{}]", evaluation.label, suffix);
    for (const Evaluation& earlier : all) {
      if (earlier.id == made.id) {
        source.fail(evaluation.pointer, fmt::format("'{}' computes the same as '{}'; keep one, with all its strengths",
                                                    made.label, earlier.label));
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
