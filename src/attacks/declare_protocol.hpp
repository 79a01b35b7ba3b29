// SPDX-License-Identifier: MIT
#pragma once

#include "declare.hpp"
#include "effort.hpp"

namespace eigensweep::attacks {

/// How many forward passes a protocol costs each sample.
inline double protocol_passes(const Effort& effort, double intensities) {
  // Runs that give up take about a quarter of their steps.
  const double steps = static_cast<double>(effort.runs * effort.steps + effort.targets * effort.target_steps) *
                       (effort.gives_up ? 0.25 : 1.0);
  // A gradient at the samples and a pass at each radius, twice; a run towards each class from the largest radius that
  // a sample withstands, which costs the first run a few steps more at each radius; FAB takes a pass more at each step.
  return 4.0 + 2.0 * intensities + static_cast<double>(effort.queries) + 3.0 * (5.0 * intensities + steps) +
         3.0 * static_cast<double>(effort.targets * effort.fab_steps);
}

/// A row of the table of attacks for a protocol. T: its options; `effort(attack)`: what it spends, an Effort.
template <class T, class EffortOf>
study::Kind declare_protocol(std::string name, std::string meaning, EffortOf effort) {
  study::Kind kind = declare_attack<T>(
      std::move(name), "epsilon", std::move(meaning),
      "Croce and Hein 2020, arXiv:2003.01690, for APGD and the choice of attacks",
      [effort](const T& attack, double intensities) { return protocol_passes(effort(attack), intensities); },
      [](const T&) {
        return study::HeldImages{search_images, 1};
      });
  kind.intensities_are_independent = false;
  kind.columns.push_back(gradients_column());
  add_search_columns(kind);
  kind.columns.push_back({tenth_shares,
                          {"tenth_of_steps"},
                          "f64",
                          "",
                          "share of samples fooled nearest by APGD in each tenth of its steps in their ball",
                          nullptr,
                          false});
  kind.columns.push_back(study::alarmed(
      {late_share, {}, "f64", "", "the last of these tenths: share of samples found at the very end", nullptr, false},
      0.01,
      "samples are still fooled for the first time in the last steps, so that more steps would fool more: give strict "
      "more \"steps\""));
  kind.columns.push_back(
      study::alarmed({squares_share,
                      {},
                      "f64",
                      "",
                      "share of samples whose nearest misclassified point random squares found",
                      nullptr,
                      false},
                     0.02,
                     "an attack without gradients finds what those with gradients miss: gradients are masked; raise "
                     "\"steps\" and \"queries\""));
  return kind;
}

}  // namespace eigensweep::attacks
