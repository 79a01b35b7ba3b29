// SPDX-License-Identifier: MIT
#pragma once

#include <numeric>
#include <vector>

#include "digits.hpp"
#include "eigensweep/attacks/attack.hpp"
#include "resolved.hpp"
#include "toy_network.hpp"

namespace fixture {

using torch::Tensor;

/// What an attack gives for each intensity: [E, n, d].
inline std::vector<Tensor> perturb(eigensweep::models::Model& model, const Tensor& inputs, const Tensor& labels,
                                   const std::string& kind, const eigensweep::Json& options,
                                   const std::vector<double>& intensities, std::int64_t first_sample = 0,
                                   std::vector<std::uint64_t> seeds = {}) {
  eigensweep::attacks::Problem problem{
      model, inputs, labels, std::vector<std::int64_t>(static_cast<std::size_t>(inputs.size(0))), std::move(seeds)};
  std::iota(problem.samples.begin(), problem.samples.end(), first_sample);
  problem.shape =
      inputs.size(1) == 784 ? std::vector<std::int64_t>{1, 28, 28} : std::vector<std::int64_t>{1, 1, inputs.size(1)};
  if (problem.seeds.empty()) {
    problem.seeds.resize(static_cast<std::size_t>(model.lanes()));
    std::iota(problem.seeds.begin(), problem.seeds.end(), std::uint64_t{1});
  }
  std::vector<Tensor> results(intensities.size());
  eigensweep::attacks::make_attack(kind, options)
      ->perturb(problem, intensities, [&](std::size_t i, const Tensor& perturbed) { results[i] = perturbed.clone(); });
  return results;
}

/// An attack on all samples, with these options.
inline eigensweep::Json attack(const std::string& kind, eigensweep::Json options = eigensweep::Json::object()) {
  options["samples"] = 0;
  return resolved(eigensweep::study::Family::attack, kind, options);
}

inline eigensweep::Json pgd(int steps, double relative_step = 0.01 / 0.3, bool random_start = true, int samples = 0) {
  return resolved(
      eigensweep::study::Family::attack, "pgd",
      {{"samples", samples}, {"steps", steps}, {"relative_step", relative_step}, {"random_start", random_start}});
}

inline eigensweep::Json fgsm(int samples = 0) {
  return resolved(eigensweep::study::Family::attack, "fgsm", {{"samples", samples}});
}

inline eigensweep::Json gaussian_noise(int samples = 0) {
  return resolved(eigensweep::study::Family::attack, "gaussian_noise", {{"samples", samples}});
}

}  // namespace fixture
