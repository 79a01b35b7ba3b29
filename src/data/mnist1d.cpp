// SPDX-License-Identifier: MIT
// One-dimensional "digits" in the manner of MNIST-1D: small enough to sweep by the thousand, hard enough to tell
// architectures apart. The steps and constants are those of Greydanus and Kobak; the random numbers are ours.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "eigensweep/core/random.hpp"
#include "eigensweep/data/dataset.hpp"
#include "samples.hpp"

namespace eigensweep::data {
namespace {

struct Mnist1d : GeneratedSamples {
  Mnist1d() : GeneratedSamples(4000, 1000) {}

  static study::Fields<Mnist1d> fields() {
    study::Fields<Mnist1d> fields;
    return add_to(fields);
  }
};

/// Classes take turns, so that they are equally frequent; training shuffles the samples.
std::uint8_t mnist1d_label(std::int64_t sample) { return static_cast<std::uint8_t>(sample % 10); }

study::DatasetInfo mnist1d_info(const Mnist1d& mnist1d) { return generated_info(mnist1d, 40, 10, "mnist1d"); }

}  // namespace

#ifdef EIGENSWEEP_DECLARATIONS
namespace {

std::optional<study::Labels> mnist1d_labels(const Mnist1d& mnist1d, std::int64_t most_bytes) {
  if (mnist1d.train_samples + mnist1d.test_samples > most_bytes) return std::nullopt;
  study::Labels labels;
  for (std::int64_t i = 0; i < mnist1d.train_samples; ++i) labels.train.push_back(mnist1d_label(i));
  for (std::int64_t i = 0; i < mnist1d.test_samples; ++i) labels.test.push_back(mnist1d_label(i));
  return labels;
}

}  // namespace

study::Kind declare_mnist1d() {
  study::Kind kind = study::declare<Mnist1d>(
      study::Family::dataset, "mnist1d",
      "ten one-dimensional templates, each sample one of them padded, stretched, shifted, sheared and with noise: 40 "
      "inputs of mean 0 and variance 1, without bounds",
      "after MNIST-1D: Greydanus and Kobak 2024, arXiv:2011.14439");
  kind.info = study::typed<Mnist1d>(mnist1d_info);
  kind.files = computed;
  kind.labels = study::typed<Mnist1d>(mnist1d_labels);
  return kind;
}
#else
namespace {

constexpr std::size_t template_size = 12;
constexpr std::uint32_t least_padding = 36, most_padding = 60, most_shift = 48;
constexpr std::size_t long_size = template_size + most_padding, final_size = 40;
constexpr double scale_range = 0.4, shear_range = 0.75, smooth_noise = 0.25, white_noise = 0.02, smoothing = 2.0;
constexpr std::int64_t standard_samples = 4000;  // these fix the scale: mean 0 and variance 1

using Signal = std::vector<double>;

// clang-format off
constexpr std::array<std::array<double, template_size>, 10> templates{{
    {5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5},
    {5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5},
    {5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5},
    {5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5},
    {5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5},
    {5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5},
    {5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5},
    {5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5},
    {5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5},
    {5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5},
}};
// clang-format on

/// A template scaled to variance 1/36 and shifted to start at 0.
Signal scaled_template(std::size_t label) {
  const auto& raw = templates.at(label);
  const double mean = std::accumulate(raw.begin(), raw.end(), 0.0) / template_size;
  double variance = 0;
  for (const double value : raw) variance += (value - mean) * (value - mean) / template_size;
  Signal signal;
  for (const double value : raw) signal.push_back((value - raw.front()) / std::sqrt(variance) / 6.0);
  return signal;
}

/// Linear interpolation of `x` at `size` equally spaced points.
Signal resampled(const Signal& x, std::size_t size) {
  Signal result;
  for (std::size_t i = 0; i < size; ++i) {
    const double at = static_cast<double>(i * (x.size() - 1)) / static_cast<double>(size - 1);
    const auto left = std::min(static_cast<std::size_t>(at), x.size() - 2);
    const double share = at - static_cast<double>(left);
    result.push_back((1 - share) * x[left] + share * x[left + 1]);
  }
  return result;
}

/// Convolution with a normal density of standard deviation `smoothing`, cut at four standard deviations. `x` is
/// mirrored at its ends.
Signal smoothed(const Signal& x) {
  const auto radius = static_cast<std::ptrdiff_t>(4 * smoothing);
  const auto size = static_cast<std::ptrdiff_t>(x.size());
  Signal weights;
  for (std::ptrdiff_t i = -radius; i <= radius; ++i) {
    weights.push_back(std::exp(-0.5 * static_cast<double>(i * i) / (smoothing * smoothing)));
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  Signal result;
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    double value = 0;
    for (std::ptrdiff_t j = -radius; j <= radius; ++j) {
      std::ptrdiff_t at = i + j;
      if (at < 0) at = -1 - at;
      if (at >= size) at = 2 * size - 1 - at;
      value += weights[static_cast<std::size_t>(j + radius)] * x[static_cast<std::size_t>(at)];
    }
    result.push_back(value / sum);
  }
  return result;
}

Signal signal(std::size_t label, random::Stream& stream) {
  Signal x = scaled_template(label);
  const std::size_t drawn = x.size();
  x.resize(drawn + least_padding + stream.below(most_padding - least_padding + 1), 0.0);
  // From here on, the stretched signal holds only padding, which noise replaces.
  const double ends = static_cast<double>(drawn) / static_cast<double>(x.size() - 1) * (long_size - 1);
  x = resampled(x, long_size);
  std::vector<bool> is_padding;
  for (std::size_t i = 0; i < long_size; ++i) is_padding.push_back(static_cast<double>(i) >= ends);
  const double scale = 1 + scale_range * (stream.uniform() - 0.5);
  for (double& value : x) value *= scale;
  const auto shift = static_cast<std::ptrdiff_t>(stream.below(most_shift));
  std::rotate(x.begin(), x.end() - shift, x.end());
  std::rotate(is_padding.begin(), is_padding.end() - shift, is_padding.end());
  Signal noise(long_size);
  for (double& value : noise) value = smooth_noise * stream.normal();
  noise = smoothed(noise);
  const double slope = shear_range * (stream.uniform() - 0.5);
  for (std::size_t i = 0; i < long_size; ++i) {
    if (is_padding[i]) x[i] = noise[i];
    x[i] += white_noise * stream.normal();
    x[i] -= slope * (static_cast<double>(i) / (long_size - 1) - 0.5);
  }
  return resampled(x, final_size);
}

struct Standard {
  double mean = 0;
  double deviation = 1;
};

Split split(std::uint64_t seed, std::uint64_t part, std::int64_t samples, const Standard& standard) {
  Split split;
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    random::Stream stream({seed, random::Purpose::dataset, static_cast<std::uint64_t>(sample), part});
    const std::int64_t label = mnist1d_label(sample);
    split.labels.push_back(label);
    for (const double value : signal(static_cast<std::size_t>(label), stream)) {
      split.values.push_back(static_cast<float>((value - standard.mean) / standard.deviation));
    }
  }
  return split;
}

Standard standard(std::uint64_t seed) {
  const std::vector<float> values = split(seed, of_train, standard_samples, {}).values;
  const auto count = static_cast<double>(values.size());
  Standard found;
  found.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : values) squares += (value - found.mean) * (value - found.mean);
  found.deviation = std::sqrt(squares / count);
  return found;
}

}  // namespace

Dataset load_mnist1d(const Json& options) {
  const auto mnist1d = study::read<Mnist1d>(options);
  const std::uint64_t seed = mnist1d.seed();
  const Standard unit = standard(seed);
  Dataset dataset;
  dataset.info = mnist1d_info(mnist1d);
  dataset.train = split(seed, of_train, dataset.info.train_samples + dataset.info.validation_samples, unit);
  dataset.test = split(seed, of_test, dataset.info.test_samples, unit);
  return dataset;
}
#endif

}  // namespace eigensweep::data
