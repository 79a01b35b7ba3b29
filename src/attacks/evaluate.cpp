// SPDX-License-Identifier: MIT
#include "eigensweep/attacks/evaluate.hpp"

#include <algorithm>
#include <numeric>

#include "eigensweep/attacks/attack.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/models/footprint.hpp"
#include "eigensweep/models/verdict.hpp"

namespace eigensweep::attacks {
namespace {

constexpr double batch_bytes = 3e8;
constexpr std::int64_t most_samples = 10000;

std::int64_t batch_size(models::Model& model, const data::DeviceDataset& data) {
  const std::int64_t size = data.test_images.size(1);
  const std::int64_t activations = models::activations_per_sample(model, size, data.test_images.device());
  // Activations and their gradients; of the inputs: the point, its gradient, the gradient's sign, a start.
  const double numbers = 2.0 * static_cast<double>(activations) + 4.0 * static_cast<double>(model.lanes() * size);
  return std::clamp(static_cast<std::int64_t>(batch_bytes / (4.0 * numbers)), std::int64_t{16}, most_samples);
}

}  // namespace

std::vector<Robustness> evaluate_robustness(const std::string& kind, const Json& options,
                                            const std::vector<double>& strengths, models::Model& model,
                                            const data::DeviceDataset& data, const std::vector<std::uint64_t>& seeds,
                                            std::int64_t batch) {
  const torch::NoGradGuard no_gradients;
  const std::int64_t lanes = model.lanes();
  EIGENSWEEP_EXPECT(seeds.size() == static_cast<std::size_t>(lanes));
  const auto asked = options.at("samples").get<std::int64_t>();
  const data::DeviceDataset::Part part = data.part(options.value("split", "test"));
  const std::int64_t there = part.images.size(0);
  const std::int64_t samples = asked == 0 ? there : std::min(asked, there);
  if (batch == 0) batch = batch_size(model, data);

  const auto attack = make_attack(kind, options);
  const auto sums = torch::TensorOptions(data.test_images.device()).dtype(torch::kFloat64);
  const auto strength_count = static_cast<std::int64_t>(strengths.size());
  const Tensor right = torch::zeros({strength_count, lanes}, sums);
  const Tensor loss = torch::zeros({strength_count, lanes}, sums);
  for (std::int64_t start = 0; start < samples; start += batch) {
    const std::int64_t stop = std::min(start + batch, samples);
    Problem problem{model,
                    data::to_inputs(part.images.slice(0, start, stop)),
                    part.labels.slice(0, start, stop),
                    std::vector<std::int64_t>(static_cast<std::size_t>(stop - start)),
                    seeds,
                    data.info.lower,
                    data.info.upper};
    std::iota(problem.samples.begin(), problem.samples.end(), start);
    attack->perturb(problem, strengths, [&](std::size_t strength, const Tensor& perturbed) {
      const Tensor logits = model.forward(models::Inputs::per_lane(perturbed), models::Mode::evaluate).logits;
      const auto row = static_cast<std::int64_t>(strength);
      right[row].add_(models::is_right(logits, problem.labels).sum(1));
      loss[row].add_(models::cross_entropy(logits, problem.labels).to(torch::kFloat64).sum(1));
    });
  }

  const auto n = static_cast<double>(samples);
  const Tensor accuracy_by_lane = (right / n).t().contiguous().cpu();
  const Tensor loss_by_lane = (loss / n).t().contiguous().cpu();
  const auto row_of = [strength_count](const Tensor& table, std::int64_t lane) {
    const auto* first = table.data_ptr<double>() + lane * strength_count;
    return std::vector<double>(first, first + strength_count);
  };
  std::vector<Robustness> results;
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    results.push_back({row_of(accuracy_by_lane, lane), row_of(loss_by_lane, lane)});
  }
  return results;
}

}  // namespace eigensweep::attacks
