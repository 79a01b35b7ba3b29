// SPDX-License-Identifier: MIT
#include "score.hpp"

#include <algorithm>

#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/models/footprint.hpp"

namespace eigensweep::metrics {
namespace {

constexpr double chunk_bytes = 3e8;
constexpr std::int64_t most_samples = 10000;

}  // namespace

std::vector<models::Verdict> score(const Subject& subject, const torch::Tensor& images, const torch::Tensor& labels) {
  models::Model& model = subject.model;
  const std::int64_t samples = images.size(0);
  const std::int64_t numbers = models::activations_per_sample(model, images.size(1), images.device()) + images.size(1);
  const std::int64_t chunk = std::clamp(static_cast<std::int64_t>(chunk_bytes / (4.0 * static_cast<double>(numbers))),
                                        std::int64_t{16}, most_samples);
  const auto training = study::read<study::Training>(subject.config.at("training"));
  models::Tally tally(model.lanes(), images.device(), models::sample_loss(training));
  for (std::int64_t start = 0; start < samples; start += chunk) {
    const std::int64_t stop = std::min(start + chunk, samples);
    const auto inputs = models::Inputs::shared(data::to_inputs(images.slice(0, start, stop)), model.lanes());
    tally.add(model.forward(inputs, models::Mode::evaluate).logits, labels.slice(0, start, stop));
  }
  return tally.verdicts();
}

void add_verdict(const models::Verdict& verdict, const std::string& split, Measurement& measurement) {
  measurement[split + "_accuracy"] = wire::Array::scalar(verdict.accuracy);
  measurement[split + "_loss"] = wire::Array::scalar(verdict.task_loss);
  measurement[split + "_cross_entropy"] = wire::Array::scalar(verdict.loss);
  if (!verdict.trouble.empty()) {
    measurement.add_failure(fmt::format("of the {} samples {}", split, verdict.trouble));
  }
  if (!verdict.remark.empty()) measurement.add_remark(fmt::format("of the {} samples {}", split, verdict.remark));
}

}  // namespace eigensweep::metrics
