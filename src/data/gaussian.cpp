// SPDX-License-Identifier: MIT
// Gaussian inputs whose covariance has a power-law spectrum, labelled by a random linear teacher.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "eigensweep/core/random.hpp"
#include "eigensweep/data/dataset.hpp"
#include "samples.hpp"

namespace eigensweep::data {
namespace {

struct Gaussian : GeneratedSamples {
  enum class Basis { pixels, hadamard };
  std::int64_t input_size = 256;
  double exponent = 1.0;
  Basis basis = Basis::pixels;
  std::int64_t classes = 10;

  Gaussian() : GeneratedSamples(10000, 2000) {}

  static study::Fields<Gaussian> fields() {
    study::Fields<Gaussian> fields;
    fields.integer("input_size", &Gaussian::input_size, {1, 65536}, "number of inputs d")
        .number("exponent", &Gaussian::exponent, {0, 10}, "alpha of the covariance's eigenvalues n^-alpha")
        .choice("basis", &Gaussian::basis, {{"pixels", Basis::pixels}, {"hadamard", Basis::hadamard}},
                "the covariance's eigenvectors: single inputs, or a Hadamard matrix with random signs, which gives all "
                "inputs one variance (wants a power of two)")
        .integer("classes", &Gaussian::classes, {2, 256}, "number of classes");
    return add_to(fields);
  }
};

study::DatasetInfo gaussian_info(const Gaussian& gaussian) {
  return generated_info(gaussian, gaussian.input_size, gaussian.classes, "gaussian");
}

}  // namespace

Dataset load_gaussian(const Json& options);

#ifdef EIGENSWEEP_DECLARATIONS
namespace {

std::optional<study::Labels> gaussian_labels(const Json& options, std::int64_t most_bytes) {
  // A label needs its whole sample. Drawing a normal number takes as long as reading some bytes.
  constexpr double bytes_per_input = 16;
  const study::DatasetInfo info = gaussian_info(study::read<Gaussian>(options));
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
  study::Kind kind = study::declare<Gaussian>(
      study::Family::dataset, "gaussian",
      "normal inputs, covariance eigenvalues n^-exponent scaled to mean 1, labelled by the largest output of a random "
      "linear teacher; inputs have no bounds");
  kind.info = study::typed<Gaussian>(gaussian_info);
  kind.files = computed;
  kind.labels = gaussian_labels;
  kind.refuse = study::typed<Gaussian>([](const Gaussian& gaussian, const Json&) -> std::string {
    const std::int64_t size = gaussian.input_size;
    if (gaussian.basis == Gaussian::Basis::pixels || (size & (size - 1)) == 0) return "";
    return fmt::format("input_size {} is no power of two, which basis 'hadamard' wants; choose one, or 'pixels'", size);
  });
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

class GaussianSource {
 public:
  explicit GaussianSource(const Gaussian& gaussian)
      : seed_(gaussian.seed()),
        size_(static_cast<std::size_t>(gaussian.input_size)),
        rotated_(gaussian.basis == Gaussian::Basis::hadamard) {
    double sum = 0;
    for (std::size_t n = 0; n < size_; ++n) {
      scales_.push_back(std::pow(static_cast<double>(n + 1), -gaussian.exponent));
      sum += scales_.back();
    }
    for (double& scale : scales_) scale = std::sqrt(scale * static_cast<double>(size_) / sum);
    const auto classes = static_cast<std::uint64_t>(gaussian.classes);
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
  const auto gaussian = study::read<Gaussian>(options);
  Dataset dataset;
  dataset.info = gaussian_info(gaussian);
  const GaussianSource source(gaussian);
  dataset.train = source.split(of_train, dataset.info.train_samples + dataset.info.validation_samples);
  dataset.test = source.split(of_test, dataset.info.test_samples);
  return dataset;
}
#endif

}  // namespace eigensweep::data
