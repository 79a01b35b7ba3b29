// SPDX-License-Identifier: MIT
// What passes over samples hold, counted from the tensors of models/spectra.cpp, attacks/evaluate.cpp and
// metrics/score.cpp. Networks are in float32, covariances in float64.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::study {

/// The hidden activations of a sample.
inline double hidden_numbers(const WorkContext& context) {
  const auto& widths = context.model.hidden_widths;
  return static_cast<double>(std::accumulate(widths.begin(), widths.end(), std::int64_t{0}));
}

/// What models::activations_per_sample() counts for each lane.
inline double counted_numbers(const WorkContext& context) {
  return static_cast<double>(context.dataset.classes) + 2 * hidden_numbers(context);
}

/// Samples that are stored as bytes are copied as float32; those stored as float32 are not.
inline double input_copy_bytes(const WorkContext& context) {
  return context.dataset.value_bytes == 4 ? 0 : 4 * static_cast<double>(context.dataset.input_size());
}

/// The networks' outputs for this many samples.
inline ChunkedPass output_pass(const WorkContext& context, double samples) {
  ChunkedPass pass;
  pass.samples = samples;
  pass.counted_per_lane = 4 * counted_numbers(context);
  pass.counted_shared = 4 * static_cast<double>(context.dataset.input_size());
  pass.held_per_lane = 4 * static_cast<double>(context.model.forward_numbers);
  pass.held_shared = input_copy_bytes(context);
  return pass;
}

/// The eigensystems of hidden layers of these widths over this many samples.
inline ChunkedPass spectrum_pass(const WorkContext& context, double samples, const std::vector<std::int64_t>& widths) {
  ChunkedPass pass = output_pass(context, samples);
  pass.counted_per_lane *= 2;
  pass.counted_shared *= 2;
  double second_moments = 0;
  for (const std::int64_t width : widths) {
    const auto n = static_cast<double>(width);
    // The layer at hand in float64, and that less its shift.
    pass.held_per_lane = std::max(pass.held_per_lane, 4 * hidden_numbers(context) + 16 * n);
    if (samples < n) {
      pass.beside += 8 * n * samples;
      // All samples of the layer, the same centred, and their eigenvectors; the Gram matrix and what comes of it.
      pass.after = std::max(pass.after, 8 * (3 * n * samples + 3 * samples * samples));
    } else {
      second_moments += 8 * n * n;
      // The covariance while it is made symmetric, or with its eigenvectors.
      pass.after = std::max(pass.after, 3 * 8 * n * n);
    }
  }
  pass.beside += second_moments;
  pass.after += pass.beside;
  return pass;
}

/// How many float32 copies of its inputs an attack holds at its most.
struct HeldImages {
  double per_lane = 0;
  double shared = 0;  ///< once for all lanes: those of attacks/ball.cpp
};

/// What an attack that declares nothing is taken to hold: no attack of ours holds more of either.
inline constexpr HeldImages most_images{11, 3};

inline ChunkedPass attack_pass(const WorkContext& context, double samples, HeldImages images) {
  const auto inputs = static_cast<double>(context.dataset.input_size());
  ChunkedPass pass;
  pass.samples = samples;
  pass.counted_per_lane = 4 * (2 * counted_numbers(context) + 4 * inputs);
  // The point and its gradient beside what the backward pass keeps.
  const auto backward = static_cast<double>(context.model.activations + context.model.gradients) + inputs;
  pass.held_per_lane = 4 * std::max(images.per_lane * inputs, backward);
  pass.held_shared = 4 * images.shared * inputs + input_copy_bytes(context);
  return pass;
}

/// What a step holds for a lane where a penalty differentiates the network's gradient by its inputs, in each of
/// `directions` directions.
inline double double_backward_bytes(const WorkContext& context, double directions) {
  const auto inputs = static_cast<double>(context.dataset.input_size());
  const auto units = static_cast<double>(context.model.activations);
  // Each direction's gradient by the inputs stays, and one by each unit; three more by the inputs while its square is
  // differentiated.
  const double numbers = (directions + 3) * inputs + (directions + 1) * units;
  // Each derivative of the first products' weights is formed beside the sum of those before.
  return 4 * (static_cast<double>(context.batch_size) * numbers + static_cast<double>(context.model.parameters));
}

}  // namespace eigensweep::study
