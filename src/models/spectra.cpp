// SPDX-License-Identifier: MIT
#include "eigensweep/models/spectra.hpp"

#include <algorithm>
#include <numeric>

#include "eigensweep/core/error.hpp"
#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/models/footprint.hpp"

namespace eigensweep::models {
namespace {

/// Of a pass over samples.
struct Chunks {
  double bytes;
  std::int64_t fewest_samples, most_samples;
};
constexpr Chunks of_device{3e8, 16, 10000};
// What stays in a core's cache is not written to memory and read again by each of some ten operations. With fewer
// samples the sums themselves, N^2 numbers for each chunk, are read and written too often.
constexpr Chunks of_cpu{1.5e7, 1024, 10000};
constexpr std::int64_t block_rows = 256;
constexpr std::int64_t most_float32_samples = 2048;  // summed in float32; these sums are added up in float64

/// Sums of one layer about a shift.
struct Moments {
  Products products = Products::float64;
  Tensor shift{};   ///< [E, N, 1] float64: the mean over the first chunk
  Tensor first{};   ///< [E, N, 1]: sum of h - shift
  Tensor second{};  ///< [E, N, N]: sum of (h - shift)(h - shift)^T, lower blocks only

  void add(const Tensor& activations) {
    if (!shift.defined()) start(activations);
    const bool is_double = products == Products::float64;
    const std::int64_t most = is_double ? activations.size(2) : most_float32_samples;
    for (const Tensor& part : activations.split(most, 2)) {
      const auto type = is_double ? torch::kFloat64 : torch::kFloat32;
      const Tensor h = part.to(type) - shift.to(type);
      first.add_(h.sum(2, true, torch::kFloat64));
      add_products(h);
    }
  }

  [[nodiscard]] Tensor moments(std::int64_t samples, About about) const {
    const auto n = static_cast<double>(samples);
    const Tensor beside = first / n;  // the mean, relative to the shift
    Tensor lower = second / n - beside.matmul(beside.transpose(1, 2));
    if (about == About::zero) lower += (shift + beside).matmul((shift + beside).transpose(1, 2));
    lower.tril_();
    return lower + lower.tril(-1).transpose(1, 2);
  }

 private:
  void start(const Tensor& activations) {
    // Rounded to float32, so that subtracting it from float32 activations is nearly exact.
    shift = activations.mean(2, true, torch::kFloat64).to(torch::kFloat32).to(torch::kFloat64);
    first = torch::zeros_like(shift);
    second = torch::zeros({activations.size(0), activations.size(1), activations.size(1)}, shift.options());
  }

  // The matrix is symmetric, so blocks above the diagonal are left out.
  void add_products(const Tensor& h) {
    const std::int64_t width = h.size(1);
    for (std::int64_t start = 0; start < width; start += block_rows) {
      const std::int64_t stop = std::min(start + block_rows, width);
      const Tensor left = h.slice(1, start, stop), right = h.slice(1, 0, stop).transpose(1, 2);
      Tensor target = second.slice(1, start, stop).slice(2, 0, stop);
      if (products == Products::float64) {
        target.baddbmm_(left, right);
      } else {
        target.add_(torch::bmm(left, right));
      }
    }
  }
};

std::int64_t chunk_size(Model& model, const Tensor& images) {
  const std::int64_t numbers = activations_per_sample(model, images.size(1), images.device()) + images.size(1);
  // 4 bytes for each number, and 8 more for the layer at hand in float64, which is at most half of the numbers.
  const double bytes = 8.0 * static_cast<double>(numbers);
  // A large sample (of a CNN, of many lanes) takes as little memory as on a device.
  const Chunks& chunks = images.is_cpu() && bytes * of_cpu.fewest_samples <= of_device.bytes ? of_cpu : of_device;
  return std::clamp(static_cast<std::int64_t>(chunks.bytes / bytes), chunks.fewest_samples, chunks.most_samples);
}

/// Runs the network over all samples, without gradients, in evaluation mode. Calls `visit` with the hidden activations
/// of each chunk.
template <typename Visit>
void for_each_chunk(Model& model, const Tensor& images, std::int64_t chunk, const Visit& visit) {
  const torch::NoGradGuard no_gradients;
  const std::int64_t samples = images.size(0);
  EIGENSWEEP_EXPECT(samples > 0);
  if (chunk == 0) chunk = chunk_size(model, images);
  for (std::int64_t start = 0; start < samples; start += chunk) {
    const Tensor x = data::to_inputs(images.slice(0, start, std::min(start + chunk, samples)));
    visit(model.forward(Inputs::shared(x, model.lanes()), Mode::evaluate).hidden);
  }
}

std::vector<std::size_t> or_all(std::vector<std::size_t> layers, std::size_t count) {
  if (!layers.empty()) return layers;
  layers.resize(count);
  std::iota(layers.begin(), layers.end(), std::size_t{0});
  return layers;
}

}  // namespace

std::vector<Tensor> hidden_covariances(Model& model, const Tensor& images, const std::vector<std::size_t>& layers,
                                       std::int64_t chunk, About about) {
  std::vector<Moments> moments;
  for_each_chunk(model, images, chunk, [&](const std::vector<Tensor>& hidden) {
    const std::vector<std::size_t> chosen = or_all(layers, hidden.size());
    moments.resize(chosen.size());
    for (std::size_t i = 0; i < chosen.size(); ++i) moments[i].add(hidden.at(chosen[i]));
  });
  std::vector<Tensor> covariances;
  for (Moments& layer : moments) {
    covariances.push_back(layer.moments(images.size(0), about));
    layer = {};
  }
  return covariances;
}

std::vector<Eigensystem> hidden_spectra(Model& model, const Tensor& images, Wanted wanted,
                                        const std::vector<std::size_t>& layers, Products products) {
  const std::int64_t samples = images.size(0);
  if (const std::vector<Tensor> grams = model.hidden_grams(images); !grams.empty()) {
    return spectra_of_grams(grams, model.lanes(), wanted);
  }
  std::vector<Moments> moments;
  std::vector<std::vector<Tensor>> activations;  // of the layers that have more units than there are samples
  for_each_chunk(model, images, 0, [&](const std::vector<Tensor>& hidden) {
    const std::vector<std::size_t> chosen = or_all(layers, hidden.size());
    moments.resize(chosen.size(), Moments{products});
    activations.resize(chosen.size());
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const Tensor& h = hidden.at(chosen[i]);
      if (samples < h.size(1)) {
        activations[i].push_back(h.to(torch::kFloat64));
      } else {
        moments[i].add(h);
      }
    }
  });
  std::vector<Eigensystem> systems;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    systems.push_back(activations[i].empty() ? eigh_descending(moments[i].moments(samples, About::mean), wanted)
                                             : eigh_dual(torch::cat(activations[i], 2), wanted));
    moments[i] = {};
    activations[i].clear();
  }
  return systems;
}

std::vector<Eigensystem> spectra_of_grams(const std::vector<Tensor>& grams, std::int64_t lanes, Wanted wanted) {
  EIGENSWEEP_EXPECT(wanted == Wanted::values);
  std::vector<Eigensystem> systems;
  for (const Tensor& gram : grams) {
    const auto samples = static_cast<double>(gram.size(0));
    const Tensor centred = gram - gram.mean(0, true) - gram.mean(1, true) + gram.mean();
    Eigensystem system = eigh_descending((centred / samples).unsqueeze(0), wanted);
    system.form = Form::dual;
    system.values = system.values.clamp_min(0).expand({lanes, -1}).contiguous();
    system.failures.resize(static_cast<std::size_t>(lanes), system.failures.front());
    systems.push_back(std::move(system));
  }
  return systems;
}

}  // namespace eigensweep::models
