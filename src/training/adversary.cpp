// SPDX-License-Identifier: MIT
#include "eigensweep/training/adversary.hpp"

#include <span>
#include <utility>

#include "eigensweep/attacks/gradient.hpp"
#include "eigensweep/core/random.hpp"

namespace eigensweep::training {

Adversary::Adversary(const study::Training& training, std::vector<std::uint64_t> seeds,
                     const study::DatasetInfo& dataset)
    : seeds_(std::move(seeds)), epsilon_(training.adversary_epsilon), lower_(dataset.lower), upper_(dataset.upper) {
  if (!training.has_adversary()) return;
  steps_ = 1;
  if (training.adversary == study::Training::Adversary::fgsm) return;
  steps_ = training.adversary_steps;
  relative_step_ = training.adversary_relative_step;
  random_start_ = true;
}

Batch Adversary::join(const Batch& batch, models::Model& model, std::int64_t global_step) const {
  const Tensor clean = batch.inputs.unshared().x;  // [E, B, d]
  const Tensor labels = batch.targets.at("labels");
  Tensor x = clean;
  if (random_start_) {
    Tensor start = torch::empty(clean.sizes(), torch::kFloat32);
    const auto count = static_cast<std::size_t>(clean[0].numel());
    for (std::size_t lane = 0; lane < seeds_.size(); ++lane) {
      const random::Key key{seeds_[lane], random::Purpose::training_attack, static_cast<std::uint64_t>(global_step), 0};
      random::fill_uniform(key, static_cast<float>(-epsilon_), static_cast<float>(epsilon_),
                           std::span(start.data_ptr<float>() + lane * count, count));
    }
    x = (clean + start.to(clean.device())).clamp(lower_, upper_);
  }
  for (std::int64_t step = 0; step < steps_; ++step) {
    const Tensor gradient = attacks::input_gradient(model, x, labels, models::Mode::train);
    x = clean + (x + relative_step_ * epsilon_ * gradient.sign() - clean).clamp(-epsilon_, epsilon_);
    x.clamp_(lower_, upper_);
  }
  Batch joined;
  joined.samples = batch.samples;
  joined.inputs = models::Inputs::per_lane(torch::cat({clean, x}, 1));
  joined.targets["labels"] = torch::cat({labels, labels}, 1);
  return joined;
}

}  // namespace eigensweep::training
