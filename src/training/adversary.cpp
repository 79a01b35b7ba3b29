// SPDX-License-Identifier: MIT
#include "eigensweep/training/adversary.hpp"

#include "eigensweep/attacks/gradient.hpp"

namespace eigensweep::training {

Adversary::Adversary(const study::Training& training, const std::vector<std::uint64_t>& seeds,
                     const study::DatasetInfo& dataset, const torch::Device& device)
    : epsilon_(training.adversary_epsilon), lower_(dataset.lower), upper_(dataset.upper) {
  if (!training.has_adversary()) return;
  steps_ = 1;
  if (training.adversary == study::Training::Adversary::fgsm) return;
  steps_ = training.adversary_steps;
  relative_step_ = training.adversary_relative_step;
  random_start_.emplace(seeds, random::Purpose::training_attack, 0, device);
}

Batch Adversary::join(const Batch& batch, models::Model& model, std::int64_t global_step) const {
  const Tensor clean = batch.inputs.unshared().x;  // [E, B, d]
  const Tensor labels = batch.targets.at("labels");
  Tensor x = clean;
  if (random_start_) {
    const Tensor stream = torch::full({1}, global_step, labels.options().dtype(torch::kInt64));
    const Tensor start =
        random_start_->uniform(stream, clean[0].numel(), static_cast<float>(-epsilon_), static_cast<float>(epsilon_));
    x = (clean + start.view(clean.sizes())).clamp(lower_, upper_);
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
