// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "ball_options.hpp"
#include "columns.hpp"
#include "eigensweep/study/declare/passes.hpp"

namespace eigensweep::attacks {

/// What every attack on a classifier records.
inline std::vector<study::Column> robustness_columns() {
  return {
      {robust_accuracy, {}, "f64", "", "share of the attacked samples still classified right"},
      {robust_loss, {}, "f64", "", "mean cross entropy on the perturbed samples"},
      {clean_accuracy, {}, "f64", "", "share of the same samples classified right before the attack", nullptr, false},
      {clean_loss, {}, "f64", "", "mean cross entropy on the same samples before the attack", nullptr, false},
  };
}

/// What attacks in balls record: how far the nearest misclassified point lies, and whether it can be relied upon.
inline void add_distance_columns(study::Kind& kind) {
  kind.columns.push_back({nearest_distance,
                          {"attacked_sample"},
                          "f64",
                          "pixel",
                          "distance of the nearest misclassified point that was tried; infinite if none was",
                          nullptr,
                          false,
                          study::Merge::least});
  kind.columns.push_back(study::alarmed(
      {unconfirmed_share,
       {},
       "f64",
       "",
       "share of samples whose point left ball or box, or is right when evaluated again",
       nullptr,
       false,
       study::Merge::most},
      0.005,
      "points that the attack counts do not stand up when they are looked at again: verdicts hang on roundings "
      "(see unstable_verdicts of gradient_health), or the data has pixels outside its range"));
}

/// What attacks that count their gradients record (gradient_count.hpp).
inline study::Column gradients_column() {
  return {sample_gradients, {}, "f64", "", "gradients by the inputs of one sample that the attack took", nullptr, false,
          study::Merge::sum};
}

/// What attacks that search for the nearest misclassified point record as well (search_record.hpp).
inline void add_search_columns(study::Kind& kind) {
  kind.columns.insert(
      kind.columns.end(),
      {{found_by,
        {"attacked_sample"},
        "i64",
        "",
        "0 none, 1 itself, 2 grey, 3 step, 4 APGD, 5 targeted, 6 squares, 7 FAB, 8 DeepFool",
        nullptr,
        false},
       study::alarmed({dead_share,
                       {},
                       "f64",
                       "",
                       "share of samples that nothing fooled at the last radius, with gradient 0",
                       nullptr,
                       false,
                       study::Merge::most},
                      0.01,
                      "the gradient is 0 where the attack ended on samples that nothing fooled, so that only an "
                      "attack without gradients could still fool them: read their robustness as unproven; raise "
                      "\"queries\" of strict")});
}

/// How many float32 copies of its inputs for each lane such an attack holds at its most (apgd_walk.cpp, search.cpp).
inline constexpr double search_images = 16;

/// A row of the table of attacks. T: the attack's options, an AttackedSamples or a BallAttack; `intensity`: the option
/// that is swept. `passes(attack, intensities)`: how many forward passes a sample costs.
template <class T, class Work>
study::Kind declare_attack(std::string name, std::string intensity, std::string meaning, std::string source,
                           Work passes) {
  study::Kind kind = study::declare<T>(study::Family::attack, std::move(name), std::move(meaning), std::move(source));
  kind.intensity = std::move(intensity);
  kind.columns = robustness_columns();
  if constexpr (std::is_base_of_v<BallAttack, T>) {
    add_distance_columns(kind);
    kind.refuse_intensity = study::typed<T>([](const T& attack, const study::DatasetInfo& dataset, double radius) {
      return refuse_radius(attack.norm, radius, dataset);
    });
  }
  kind.subsets = study::typed<T>([](const T& attack) {
    return std::vector<study::Subset>{{attack.split, attack.samples, "samples"}};
  });
  kind.refuse_inputs = study::typed<T>([](const T& attack, const study::DatasetInfo& dataset) -> std::string {
    if (std::string refusal = attack.refuse(dataset); !refusal.empty()) return refusal;
    if (attack.split == "test" || dataset.validation_samples > 0) return "";
    return "split 'validation' asks for samples that are not there; set /dataset/validation_samples, or choose 'test'";
  });
  kind.warn = study::typed<T>([](const T& attack, const Json&) { return attack.warning(); });
  kind.work = study::typed<T>([passes](const T& attack, const study::WorkContext& context) {
    return static_cast<double>(attack.count(context.dataset)) * context.model.forward_flops *
           passes(attack, static_cast<double>(context.intensities));
  });
  return kind;
}

/// The same, with the memory that it holds. `images(attack)`: of its inputs, a study::HeldImages.
template <class T, class Work, class Images>
study::Kind declare_attack(std::string name, std::string intensity, std::string meaning, std::string source,
                           Work passes, Images images) {
  study::Kind kind =
      declare_attack<T>(std::move(name), std::move(intensity), std::move(meaning), std::move(source), passes);
  kind.pass = study::typed<T>([images](const T& attack, const study::WorkContext& context) {
    return study::attack_pass(context, static_cast<double>(attack.count(context.dataset)), images(attack));
  });
  return kind;
}

}  // namespace eigensweep::attacks
