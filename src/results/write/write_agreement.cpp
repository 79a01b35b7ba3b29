// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "study_writer.hpp"

namespace eigensweep::results {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::array compared_options{"norm", "samples", "split"};

const study::Column& rise() {
  static const study::Column column = study::alarmed(
      {"rise", {}, "f64", "", "robust accuracy less the lowest at a smaller intensity; NaN at the smallest"}, 0.005,
      "robust accuracy rises with the intensity, though a larger ball holds every point of a smaller one: the attack "
      "is too weak there; give it more steps or restarts, or rest on the attack strict");
  return column;
}

const study::Column& above_cheaper() {
  static const study::Column column = study::alarmed(
      {"above_cheaper", {}, "f64", "", "robust accuracy less the lowest of attacks that took fewer gradients"}, 0.01,
      "an attack that took fewer gradients fools more of the same samples: this one is weak on these networks; rest on "
      "the lowest robust accuracy");
  return column;
}

using AskedAttacks = std::vector<const study::Evaluation*>;  // null: not asked

/// In a ball, as all attacks with a norm.
bool is_in_ball(const study::Evaluation* attack) { return attack != nullptr && attack->options.contains("norm"); }

/// Whether both attack the same samples in balls of the same norm.
bool are_comparable(const study::Evaluation* one, const study::Evaluation* other) {
  return is_in_ball(one) && is_in_ball(other) &&
         std::all_of(compared_options.begin(), compared_options.end(),
                     [&](const char* option) { return one->options.at(option) == other->options.at(option); });
}

/// A row of `rise`. `accuracy`: [attack, intensity], intensities ascending.
std::vector<double> rises(const std::vector<double>& accuracy, const AskedAttacks& attacks) {
  std::vector<double> numbers(accuracy.size(), nan);
  const std::size_t intensities = accuracy.size() / attacks.size();
  for (std::size_t i = 0; i < attacks.size(); ++i) {
    if (!is_in_ball(attacks[i])) continue;
    double lowest = nan;
    for (std::size_t s = i * intensities; s < (i + 1) * intensities; ++s) {
      numbers[s] = accuracy[s] - lowest;
      lowest = std::fmin(lowest, accuracy[s]);
    }
  }
  return numbers;
}

/// A row of `above_cheaper`. `gradients`: [attack].
std::vector<double> above_cheaper_ones(const std::vector<double>& accuracy, const std::vector<double>& gradients,
                                       const AskedAttacks& attacks) {
  std::vector<double> numbers(accuracy.size(), nan);
  const std::size_t intensities = accuracy.size() / attacks.size();
  for (std::size_t i = 0; i < attacks.size(); ++i) {
    for (std::size_t j = 0; j < attacks.size(); ++j) {
      if (!(gradients[j] < gradients[i]) || !are_comparable(attacks[i], attacks[j])) continue;
      for (std::size_t s = 0; s < intensities; ++s) {
        double& number = numbers[i * intensities + s];
        number = std::fmax(number, accuracy[i * intensities + s] - accuracy[j * intensities + s]);
      }
    }
  }
  return numbers;
}

const study::Column* column_of(const AttackGroup& group, const char* name) {
  const auto column = std::find_if(group.columns.begin(), group.columns.end(),
                                   [&](const study::Column& one) { return one.name == name; });
  return column == group.columns.end() ? nullptr : &*column;
}

}  // namespace

std::vector<double> StudyWriter::attack_numbers(const AttackGroup& group, const study::Column& column,
                                                std::size_t row) const {
  std::vector<double> numbers(group.labels.size() * (column.per_intensity ? group.intensities.size() : 1), nan);
  fill_attack_row(group, column, row, reinterpret_cast<std::uint8_t*>(numbers.data()));
  return numbers;
}

void StudyWriter::write_agreement(const AttackGroup& group) {
  const study::Column* accuracy = column_of(group, "robust_accuracy");
  if (group.intensity.empty() || accuracy == nullptr || column_of(group, "d_min") == nullptr) return;
  const auto write = [&](const study::Column& column, const std::function<std::vector<double>(std::size_t row)>& of) {
    add_column(column_spec(group.group, {"trial", group.attack_dimension, group.intensity}, column), column.alarm,
               [&](std::size_t row, std::uint8_t* bytes) {
                 const std::vector<double> numbers = of(row);
                 std::memcpy(bytes, numbers.data(), numbers.size() * sizeof(double));
               });
  };
  const auto attacks = [&](std::size_t row) {
    AskedAttacks all;
    for (const std::string& label : group.labels) all.push_back(asked(row, study::Family::attack, label));
    return all;
  };
  write(rise(), [&](std::size_t row) { return rises(attack_numbers(group, *accuracy, row), attacks(row)); });
  const study::Column* gradients = column_of(group, "sample_gradients");
  if (gradients == nullptr) return;
  write(above_cheaper(), [&](std::size_t row) {
    return above_cheaper_ones(attack_numbers(group, *accuracy, row), attack_numbers(group, *gradients, row),
                              attacks(row));
  });
}

}  // namespace eigensweep::results
