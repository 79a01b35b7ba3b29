// SPDX-License-Identifier: MIT
#include "score.hpp"

#include <algorithm>

#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/models/footprint.hpp"
#include "eigensweep/models/verdict.hpp"

namespace eigensweep::metrics {
namespace {

constexpr double chunk_bytes = 3e8;
constexpr std::int64_t most_samples = 10000;

}  // namespace

Score score(models::Model& model, const torch::Tensor& images, const torch::Tensor& labels) {
  const std::int64_t samples = images.size(0);
  const std::int64_t numbers = models::activations_per_sample(model, images.size(1), images.device()) + images.size(1);
  const std::int64_t chunk = std::clamp(static_cast<std::int64_t>(chunk_bytes / (4.0 * static_cast<double>(numbers))),
                                        std::int64_t{16}, most_samples);
  const auto sums = torch::TensorOptions(images.device()).dtype(torch::kFloat64);
  torch::Tensor right = torch::zeros({model.lanes()}, sums);
  torch::Tensor loss = torch::zeros({model.lanes()}, sums);
  for (std::int64_t start = 0; start < samples; start += chunk) {
    const std::int64_t stop = std::min(start + chunk, samples);
    const auto inputs = models::Inputs::shared(data::to_inputs(images.slice(0, start, stop)), model.lanes());
    const torch::Tensor logits = model.forward(inputs, models::Mode::evaluate).logits;
    const torch::Tensor wanted = labels.slice(0, start, stop);
    right.add_(models::is_right(logits, wanted).sum(1));
    loss.add_(models::cross_entropy(logits, wanted).to(torch::kFloat64).sum(1));
  }
  const auto n = static_cast<double>(samples);
  return {(right / n).cpu(), (loss / n).cpu()};
}

}  // namespace eigensweep::metrics
