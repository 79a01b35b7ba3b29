// SPDX-License-Identifier: MIT
#include "eigensweep/attacks/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "attacked_samples.hpp"
#include "columns.hpp"
#include "eigensweep/attacks/attack.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/models/footprint.hpp"
#include "eigensweep/models/numerics/verdict.hpp"
#include "nearest_visited.hpp"

namespace eigensweep::attacks {
namespace {

// On a CPU freed memory stays in the heap in pieces of all sizes: with 3e8 a worker grew to 2.9 GB where the network
// was 2,000 units wide (PGD, batch norm), with 1e8 to 1.2 GB, in the same time.
constexpr double batch_bytes = 3e8, batch_bytes_of_cpu = 1e8;
constexpr std::int64_t most_samples = 10000;

std::int64_t batch_size(models::Model& model, const data::DeviceDataset& data) {
  const std::int64_t size = data.test_images.size(1);
  const std::int64_t activations = models::activations_per_sample(model, size, data.test_images.device());
  // Activations and their gradients; for the inputs, the perturbed point, its gradient, the gradient's sign and a
  // start.
  const double numbers = 2.0 * static_cast<double>(activations) + 4.0 * static_cast<double>(model.lanes() * size);
  const double bytes = data.test_images.is_cpu() ? batch_bytes_of_cpu : batch_bytes;
  return std::clamp(static_cast<std::int64_t>(bytes / (4.0 * numbers)), std::int64_t{16}, most_samples);
}

/// What is counted at one intensity.
struct Perturbed {
  models::Tally tally;
  Tensor finite;  // [E] bool: whether all perturbed inputs so far are finite

  Perturbed(std::int64_t lanes, const torch::Device& device)
      : tally(lanes, device), finite(torch::ones({lanes}, torch::TensorOptions(device).dtype(torch::kBool))) {}
};

/// Why the lane has no numbers at an intensity, or "".
std::string trouble_of(const models::Verdict& verdict, bool has_samples) {
  // Perturbed samples are not finite only if the gradient was not; the logits then follow.
  return has_samples ? verdict.trouble : "the gradient by the inputs is not finite";
}

std::vector<wire::Measurement> collect(const models::Tally& clean, const std::vector<Perturbed>& perturbed,
                                       const std::vector<double>& intensities) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::vector<models::Verdict>> verdicts;
  std::vector<Tensor> finite;
  for (const Perturbed& at_intensity : perturbed) {
    verdicts.push_back(at_intensity.tally.verdicts());
    finite.push_back(at_intensity.finite.cpu());
  }
  std::vector<wire::Measurement> lanes;
  for (const models::Verdict& verdict : clean.verdicts()) {
    const std::size_t lane = lanes.size();
    std::vector<double> accuracy, loss;
    std::map<std::string, std::string> reasons;  // why, and at which intensities
    for (std::size_t i = 0; i < intensities.size(); ++i) {
      const models::Verdict& found = verdicts[i][lane];
      const std::string trouble = trouble_of(found, finite[i].data_ptr<bool>()[lane]);
      const bool is_there = trouble.empty() && verdict.trouble.empty();
      accuracy.push_back(is_there ? found.accuracy : nan);
      loss.push_back(is_there ? found.loss : nan);
      if (trouble.empty()) continue;
      std::string& where = reasons[trouble];
      where += (where.empty() ? "" : ", ") + text::number(intensities[i]);
    }
    lanes.push_back({{robust_accuracy, wire::Array::of(accuracy)},
                     {robust_loss, wire::Array::of(loss)},
                     {clean_accuracy, wire::Array::scalar(verdict.accuracy)},
                     {clean_loss, wire::Array::scalar(verdict.loss)}});
    if (!verdict.remark.empty()) lanes.back().add_remark("of the unperturbed samples " + verdict.remark);
    if (!verdict.trouble.empty()) {
      lanes.back().add_failure("of the unperturbed samples " + verdict.trouble);
      continue;
    }
    for (const auto& [trouble, where] : reasons) {
      lanes.back().add_failure(fmt::format("at intensity {} {}", where, trouble));
    }
  }
  return lanes;
}

}  // namespace

std::vector<wire::Measurement> evaluate_robustness(const std::string& kind, const Json& options,
                                                   const std::vector<double>& intensities, models::Model& model,
                                                   const data::DeviceDataset& data,
                                                   const std::vector<std::uint64_t>& seeds, std::int64_t batch) {
  const auto attacked = study::read<AttackedSamples>(options);
  return evaluate_robustness(*make_attack(kind, options), attacked.split, attacked.samples, intensities, model, data,
                             seeds, batch);
}

std::vector<wire::Measurement> evaluate_robustness(Attack& attack, const std::string& split, std::int64_t samples,
                                                   const std::vector<double>& intensities, models::Model& model,
                                                   const data::DeviceDataset& data,
                                                   const std::vector<std::uint64_t>& seeds, std::int64_t batch) {
  const torch::NoGradGuard no_gradients;
  const std::int64_t lanes = model.lanes();
  EIGENSWEEP_EXPECT(seeds.size() == static_cast<std::size_t>(lanes));
  const data::DeviceDataset::Part part = data.part(split);
  const std::int64_t there = part.images.size(0);
  samples = samples == 0 ? there : std::min(samples, there);
  if (batch == 0) batch = batch_size(model, data);

  models::Tally clean(lanes, data.test_images.device());
  std::vector<Perturbed> perturbed;
  for (std::size_t i = 0; i < intensities.size(); ++i) perturbed.emplace_back(lanes, data.test_images.device());
  std::vector<Tensor> distances, outside;  // [E, n] of each batch
  for (std::int64_t start = 0; start < samples; start += batch) {
    const std::int64_t stop = std::min(start + batch, samples);
    Problem problem{model,
                    data::to_inputs(part.images.slice(0, start, stop)),
                    part.labels.slice(0, start, stop),
                    std::vector<std::int64_t>(static_cast<std::size_t>(stop - start)),
                    seeds,
                    data.info.lower,
                    data.info.upper,
                    data.info.input_shape};
    std::iota(problem.samples.begin(), problem.samples.end(), start);
    const auto shared = models::Inputs::shared(problem.inputs, lanes);
    const Tensor clean_logits = model.forward(shared, models::Mode::evaluate).logits;
    clean.add(clean_logits, problem.labels);
    std::optional<NearestVisited> nearest;
    if (attack.norm()) nearest.emplace(problem, *attack.norm(), clean_logits);
    attack.perturb(problem, intensities, [&](std::size_t intensity, const Tensor& inputs) {
      const Tensor logits = model.forward(models::Inputs::per_lane(inputs), models::Mode::evaluate).logits;
      perturbed[intensity].tally.add(logits, problem.labels);
      perturbed[intensity].finite.logical_and_(inputs.isfinite().flatten(1).all(1));
      if (nearest) nearest->add(inputs, logits, intensities[intensity]);
    });
    if (!nearest) continue;
    distances.push_back(nearest->distance().cpu());
    outside.push_back(nearest->outside().cpu());
  }
  std::vector<wire::Measurement> measured = collect(clean, perturbed, intensities);
  if (!distances.empty()) add_distance_columns(distances, outside, measured);
  attack.add_columns(measured);
  return measured;
}

}  // namespace eigensweep::attacks
