// SPDX-License-Identifier: MIT
// Gaussian inputs whose covariance has a power-law spectrum, labelled by a random linear teacher.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "eigensweep/core/random.hpp"
#include "eigensweep/data/dataset.hpp"
#include "eigensweep/study/kind.hpp"
#include "samples.hpp"

namespace eigensweep::data {

inline study::DatasetInfo gaussian_info(const Json& options) {
  study::DatasetInfo info;
  info.input_shape = {1, 1, options.at("input_size").get<std::int64_t>()};
  info.classes = options.at("classes").get<std::int64_t>();
  info.lower = -std::numeric_limits<double>::infinity();
  info.upper = std::numeric_limits<double>::infinity();
  const auto count = [&](const char* option) { return options.at(option).get<std::int64_t>(); };
  choose_samples(info, study::read<Samples>(options),
                 {count("train_samples"), count("test_samples"), "gaussian", "gaussian"});
  return info;
}

Dataset load_gaussian(const Json& options);

#ifdef EIGENSWEEP_DECLARATIONS
namespace {

std::optional<study::Labels> gaussian_labels(const Json& options, std::int64_t most_bytes) {
  // A label takes the whole sample. A normal number takes as long as reading some bytes.
  constexpr double bytes_per_input = 16;
  const study::DatasetInfo info = gaussian_info(options);
  const double samples = static_cast<double>(info.train_samples + info.validation_samples + info.test_samples);
  const double cost = bytes_per_input * samples * static_cast<double>(info.input_size());
  if (cost > static_cast<double>(most_bytes)) return std::nullopt;
  const Dataset dataset = load_gaussian(options);
  study::Labels labels;
  labels.cost = static_cast<std::int64_t>(cost);
  labels.train.assign(dataset.train.labels.begin(), dataset.train.labels.end());
  labels.test.assign(dataset.test.labels.begin(), dataset.test.labels.end());
  return labels;
}

}  // namespace

study::Kind declare_gaussian() {
  study::Kind kind;
  kind.family = study::Family::dataset;
  kind.name = "gaussian";
  kind.meaning =
      "normal inputs, covariance eigenvalues n^-exponent scaled to mean 1, labelled by the largest output of a random "
      "linear teacher; inputs have no bounds";
  kind.options = with_generated_samples(
      study::Options{}
          .integer("input_size", 256, {1, 65536}, "number of inputs d")
          .number("exponent", 1.0, {0, 10}, "alpha of the covariance's eigenvalues n^-alpha")
          .choice(
              "basis", "pixels", {"pixels", "hadamard"},
              "the covariance's eigenvectors: single inputs, or a Hadamard matrix with random signs, which gives all "
              "inputs one variance (wants a power of two)")
          .integer("classes", 10, {2, 256}, "number of classes"),
      10000, 2000);
  kind.info = gaussian_info;
  kind.files = computed;
  kind.labels = gaussian_labels;
  kind.refuse = [](const Json& options, const Json&) -> std::string {
    const auto size = options.at("input_size").get<std::int64_t>();
    if (options.at("basis") == "pixels" || (size & (size - 1)) == 0) return "";
    return fmt::format("input_size {} is no power of two, which basis 'hadamard' wants; choose one, or 'pixels'", size);
  };
  return kind;
}
#else
namespace {

constexpr std::uint64_t of_teacher = 2, of_signs = 3;  // further streams of random numbers

/// Multiplies by the orthonormal Hadamard matrix in place (fast Walsh-Hadamard transform).
void hadamard(std::vector<double>& x) {
  for (std::size_t half = 1; half < x.size(); half *= 2) {
    for (std::size_t block = 0; block < x.size(); block += 2 * half) {
      for (std::size_t i = block; i < block + half; ++i) {
        const double a = x[i], b = x[i + half];
        x[i] = a + b;
        x[i + half] = a - b;
      }
    }
  }
  const double scale = 1.0 / std::sqrt(static_cast<double>(x.size()));
  for (double& value : x) value *= scale;
}

class Gaussian {
 public:
  explicit Gaussian(const Json& options)
      : seed_(options.at("data_seed").get<std::uint64_t>()),
        size_(options.at("input_size").get<std::size_t>()),
        rotated_(options.at("basis") == "hadamard") {
    double sum = 0;
    for (std::size_t n = 0; n < size_; ++n) {
      scales_.push_back(std::pow(static_cast<double>(n + 1), -options.at("exponent").get<double>()));
      sum += scales_.back();
    }
    for (double& scale : scales_) scale = std::sqrt(scale * static_cast<double>(size_) / sum);
    const auto classes = options.at("classes").get<std::uint64_t>();
    for (std::uint64_t label = 0; label < classes; ++label) {
      std::vector<float> weights(size_);
      random::fill_normal({seed_, random::Purpose::dataset, label, of_teacher}, weights);
      teacher_.push_back(std::move(weights));
    }
    random::Stream signs({seed_, random::Purpose::dataset, 0, of_signs});
    for (std::size_t i = 0; i < size_; ++i) signs_.push_back((signs.next() & 1U) == 0 ? 1.0 : -1.0);
  }

  [[nodiscard]] Split split(std::uint64_t part, std::int64_t samples) const {
    Split split;
    std::vector<double> x(size_);
    for (std::int64_t sample = 0; sample < samples; ++sample) {
      random::Stream stream({seed_, random::Purpose::dataset, static_cast<std::uint64_t>(sample), part});
      for (std::size_t i = 0; i < size_; ++i) x[i] = scales_[i] * stream.normal();
      split.labels.push_back(label_of(x));
      if (rotated_) {
        for (std::size_t i = 0; i < size_; ++i) x[i] *= signs_[i];
        hadamard(x);
      }
      for (const double value : x) split.values.push_back(static_cast<float>(value));
    }
    return split;
  }

 private:
  [[nodiscard]] std::int64_t label_of(const std::vector<double>& x) const {
    std::vector<double> outputs;
    for (const std::vector<float>& weights : teacher_) {
      outputs.push_back(std::inner_product(x.begin(), x.end(), weights.begin(), 0.0));
    }
    return std::max_element(outputs.begin(), outputs.end()) - outputs.begin();
  }

  std::uint64_t seed_;
  std::size_t size_;
  bool rotated_;
  std::vector<double> scales_;                // standard deviations along the eigenvectors
  std::vector<std::vector<float> > teacher_;  // [classes][d], in the basis of the eigenvectors
  std::vector<double> signs_;
};

}  // namespace

Dataset load_gaussian(const Json& options) {
  Dataset dataset;
  dataset.info = gaussian_info(options);
  const Gaussian source(options);
  dataset.train = source.split(of_train, dataset.info.train_samples + dataset.info.validation_samples);
  dataset.test = source.split(of_test, dataset.info.test_samples);
  return dataset;
}
#endif

}  // namespace eigensweep::data
