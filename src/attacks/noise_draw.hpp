// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

#include "eigensweep/attacks/attack.hpp"

namespace eigensweep::attacks {

/// Keys the draws of each noise. Never renumber.
enum class NoiseDraw : std::uint64_t { gaussian = 0, uniform = 1, salt_and_pepper = 2, synaptic = 3, deletion = 4 };

/// Draws numbers once, [E, n, d], keyed by trial seed, sample and noise alone: standard normal ones for Gaussian noise,
/// else uniform ones in [-1, 1). Visits each intensity with what `noisy(draw, intensity)` gives, and intensity 0 with
/// the samples themselves.
void noise_at_each(const Problem& problem, const std::vector<double>& intensities, const Visit& visit, NoiseDraw noise,
                   const std::function<Tensor(const Tensor& draw, double intensity)>& noisy);

}  // namespace eigensweep::attacks
