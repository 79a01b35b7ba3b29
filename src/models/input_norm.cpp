// SPDX-License-Identifier: MIT
#include "eigensweep/models/input_norm.hpp"

#include <algorithm>
#include <cmath>

#include "eigensweep/core/error.hpp"
#include "eigensweep/data/device_dataset.hpp"

namespace eigensweep::models {
namespace {

constexpr std::int64_t fit_chunk = 4096;

class PerImage final : public InputNorm {
 public:
  [[nodiscard]] Tensor operator()(const Tensor& x) const override {
    const Tensor centred = x - x.mean(-1, true);
    const double least = 1.0 / std::sqrt(static_cast<double>(x.size(-1)));
    return centred / centred.square().mean(-1, true).clamp_min(least * least).sqrt();
  }
};

class PerChannel final : public InputNorm {
 public:
  PerChannel(std::int64_t channels, std::int64_t lanes, const torch::Device& device)
      : mean_(torch::zeros({lanes, channels}, device)), std_(torch::ones({lanes, channels}, device)) {}

  [[nodiscard]] Tensor operator()(const Tensor& x) const override {
    const Tensor by_channel = x.unflatten(-1, {mean_.size(1), -1});  // all lanes' statistics are equal
    return ((by_channel - mean_[0].unsqueeze(-1)) / std_[0].unsqueeze(-1)).flatten(-2);
  }

  void fit(const Tensor& images) override {
    const torch::NoGradGuard no_gradients;
    const auto sums = torch::TensorOptions(images.device()).dtype(torch::kFloat64);
    const std::int64_t channels = mean_.size(1);
    const std::int64_t samples = images.size(0);
    const auto count = static_cast<double>(images.numel() / channels);
    const auto over_chunks = [&](const auto& of) {
      Tensor sum = torch::zeros({channels}, sums);
      for (std::int64_t start = 0; start < samples; start += fit_chunk) {
        const Tensor x = data::to_inputs(images.slice(0, start, std::min(start + fit_chunk, samples)));
        sum += of(x.to(torch::kFloat64).unflatten(1, {channels, -1})).sum(torch::IntArrayRef({0, 2}));
      }
      return Tensor(sum / count);
    };
    const Tensor mean = over_chunks([](const Tensor& x) { return x; });
    const Tensor variance = over_chunks([&](const Tensor& x) { return (x - mean.unsqueeze(-1)).square(); });
    mean_.copy_(mean.expand_as(mean_));
    // A constant channel carries no information; it is centred but not scaled.
    std_.copy_(torch::where(variance > 0, variance.sqrt(), torch::ones_like(variance)).expand_as(std_));
  }

  [[nodiscard]] std::vector<NamedTensor> buffers() const override {
    return {{"normalise.mean", mean_}, {"normalise.std", std_}};
  }

 private:
  Tensor mean_;  // [E, channels]
  Tensor std_;
};

}  // namespace

std::unique_ptr<InputNorm> make_input_norm(NetworkOptions::InputScale scale, const study::DatasetInfo& dataset,
                                           std::int64_t lanes, const torch::Device& device) {
  switch (scale) {
    case NetworkOptions::InputScale::none:
      return nullptr;
    case NetworkOptions::InputScale::per_image:
      return std::make_unique<PerImage>();
    case NetworkOptions::InputScale::per_channel:
      return std::make_unique<PerChannel>(dataset.input_shape.front(), lanes, device);
  }
  throw ContractViolation("an unknown way to normalise inputs");
}

}  // namespace eigensweep::models
