// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "study_writer.hpp"

namespace eigensweep::results {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr const char* accuracy_column = "robust_accuracy";

const study::Column& rise() {
  static const study::Column column = study::alarmed(
      {"rise", {}, "f64", "", "robust accuracy less the lowest at a smaller intensity; NaN at the smallest"}, 0.005,
      "robust accuracy rises with the intensity, though a larger ball holds every point of a smaller one: the attack "
      "is "
      "too weak there; give it more steps or restarts, or rest on the attack strict");
  return column;
}

const study::Column& above_cheaper() {
  static const study::Column column = study::alarmed(
      {"above_cheaper", {}, "f64", "", "robust accuracy less the lowest of attacks that took fewer gradients"}, 0.01,
      "an attack that took fewer gradients fools more of the same samples: this one is weak on these networks; rest on "
      "the lowest robust accuracy");
  return column;
}

/// A row of `rise`. `accuracy`: [attack, intensity], intensities ascending; `rivals`: for each attack what it can be
/// compared with, "" for nothing.
std::vector<double> rises(const std::vector<double>& accuracy, const std::vector<std::string>& rivals) {
  std::vector<double> numbers(accuracy.size(), nan);
  const std::size_t intensities = accuracy.size() / rivals.size();
  for (std::size_t i = 0; i < rivals.size(); ++i) {
    if (rivals[i].empty()) continue;
    const std::size_t first = i * intensities;
    double lowest = nan;
    for (std::size_t s = first; s < first + intensities; ++s) {
      numbers[s] = accuracy[s] - lowest;
      lowest = std::fmin(lowest, accuracy[s]);
    }
  }
  return numbers;
}

/// A row of `above_cheaper`. `gradients`: [attack].
std::vector<double> above_cheaper_ones(const std::vector<double>& accuracy, const std::vector<double>& gradients,
                                       const std::vector<std::string>& rivals) {
  std::vector<double> numbers(accuracy.size(), nan);
  const std::size_t intensities = accuracy.size() / rivals.size();
  for (std::size_t i = 0; i < rivals.size(); ++i) {
    for (std::size_t j = 0; j < rivals.size(); ++j) {
      if (rivals[i].empty() || rivals[i] != rivals[j] || !(gradients[j] < gradients[i])) continue;
      for (std::size_t s = 0; s < intensities; ++s) {
        double& number = numbers[i * intensities + s];
        number = std::fmax(number, accuracy[i * intensities + s] - accuracy[j * intensities + s]);
      }
    }
  }
  return numbers;
}

}  // namespace

std::vector<double> StudyWriter::attack_numbers(const AttackGroup& group, const std::string& name,
                                                std::size_t row) const {
  const auto column = std::find_if(group.columns.begin(), group.columns.end(),
                                   [&](const study::Column& one) { return one.name == name; });
  if (column == group.columns.end()) return {};
  std::vector<double> numbers(group.labels.size() * (column->per_intensity ? group.intensities.size() : 1), nan);
  std::vector<std::uint8_t> bytes(numbers.size() * sizeof(double));
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  fill_attack_row(group, *column, row, bytes.data());
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

void StudyWriter::write_agreement(const AttackGroup& group) {
  const auto has = [&](const char* name) {
    return std::any_of(group.columns.begin(), group.columns.end(),
                       [&](const study::Column& column) { return column.name == name; });
  };
  if (group.intensity.empty() || !has(accuracy_column) || !has("d_min")) return;
  const std::vector<std::string> dims{"trial", group.attack_dimension, group.intensity};
  const auto write = [&](const study::Column& column, const std::function<std::vector<double>(std::size_t row)>& of) {
    add_column(column_spec(group.group, dims, column), column.alarm, [&](std::size_t row, std::uint8_t* bytes) {
      const std::vector<double> numbers = of(row);
      std::memcpy(bytes, numbers.data(), numbers.size() * sizeof(double));
    });
  };
  // Attacks in balls of the same norm on the same samples.
  const auto rivals = [&](std::size_t row) {
    std::vector<std::string> keys;
    for (const std::string& label : group.labels) {
      const study::Evaluation* attack = asked(row, study::Family::attack, label);
      const bool is_ball = attack != nullptr && attack->options.contains("norm");
      keys.push_back(is_ball ? json_text(Json::array({attack->options.at("norm"), attack->options.at("samples"),
                                                      attack->options.at("split")}))
                             : "");
    }
    return keys;
  };
  write(rise(), [&](std::size_t row) { return rises(attack_numbers(group, accuracy_column, row), rivals(row)); });
  if (!has("sample_gradients")) return;
  write(above_cheaper(), [&](std::size_t row) {
    return above_cheaper_ones(attack_numbers(group, accuracy_column, row),
                              attack_numbers(group, "sample_gradients", row), rivals(row));
  });
}

}  // namespace eigensweep::results
