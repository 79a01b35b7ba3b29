// SPDX-License-Identifier: MIT
#include "eigensweep/training/adversary.hpp"

#include <span>
#include <utility>

#include "eigensweep/attacks/gradient.hpp"
#include "eigensweep/core/random.hpp"

namespace eigensweep::training {

Adversary::Adversary(const Json& training, std::vector<std::uint64_t> seeds, const study::DatasetInfo& dataset)
    : seeds_(std::move(seeds)),
      epsilon_(training.at("adversary_epsilon").get<double>()),
      lower_(dataset.lower),
      upper_(dataset.upper) {
  const auto kind = training.at("adversary").get<std::string>();
  if (kind == "none" || epsilon_ == 0) return;
  steps_ = 1;
  if (kind == "fgsm") return;
  steps_ = training.at("adversary_steps").get<std::int64_t>();
  relative_step_ = training.at("adversary_relative_step").get<double>();
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
