// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "loaded.hpp"

using namespace eigensweep;

namespace {

Json gaussian(int size, double exponent, const char* basis, int train = 20000) {
  return {{"kind", "gaussian"}, {"input_size", size}, {"exponent", exponent},   {"basis", basis},
          {"classes", 4},       {"data_seed", 3},     {"train_samples", train}, {"test_samples", 50}};
}

Json mnist1d(int train, int seed = 0) {
  return {{"kind", "mnist1d"}, {"data_seed", seed}, {"train_samples", train}, {"test_samples", 100}};
}

// Second moment of inputs i and j.
double moment(const data::Split& split, std::size_t size, std::size_t i, std::size_t j) {
  double sum = 0;
  const std::size_t samples = split.labels.size();
  for (std::size_t s = 0; s < samples; ++s) {
    sum += static_cast<double>(split.values[s * size + i]) * static_cast<double>(split.values[s * size + j]);
  }
  return sum / static_cast<double>(samples);
}

}  // namespace

TEST_CASE("Gaussian inputs have the covariance that is asked for") {
  const data::Dataset set = loaded(gaussian(8, 1.5, "pixels"));
  CHECK(set.info.input_shape == std::vector<std::int64_t>{1, 1, 8});
  CHECK(set.info.lower == -std::numeric_limits<double>::infinity());
  double sum = 0;
  for (int n = 1; n <= 8; ++n) sum += std::pow(n, -1.5);
  for (std::size_t i = 0; i < 8; ++i) {
    const double wanted = 8 * std::pow(static_cast<double>(i + 1), -1.5) / sum;
    CHECK(moment(set.train, 8, i, i) == Approx(wanted).epsilon(0.05));  // 5 standard errors of 20,000 samples
    if (i > 0) CHECK(std::abs(moment(set.train, 8, 0, i)) < 0.05 * moment(set.train, 8, 0, 0));
  }
  std::vector<int> counts(4);
  for (const std::int64_t label : set.train.labels) ++counts.at(static_cast<std::size_t>(label));
  for (const int count : counts) CHECK(count > 500);
  // The same options give the same samples and labels.
  CHECK(loaded(gaussian(8, 1.5, "pixels")).sha256 == set.sha256);
  // Samples do not depend on how many are asked for.
  const data::Dataset fewer = loaded(gaussian(8, 1.5, "pixels", 10));
  CHECK(std::equal(fewer.train.values.begin(), fewer.train.values.end(), set.train.values.begin()));
  CHECK(fewer.test.values == set.test.values);
}

TEST_CASE("the Hadamard basis spreads the variance over all inputs and keeps the labels") {
  const data::Dataset set = loaded(gaussian(8, 1.5, "hadamard"));
  const data::Dataset plain = loaded(gaussian(8, 1.5, "pixels"));
  CHECK(set.train.labels == plain.train.labels);
  for (std::size_t i = 0; i < 8; ++i) CHECK(moment(set.train, 8, i, i) == Approx(1).epsilon(0.05));
  double norm = 0, rotated = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    norm += std::pow(static_cast<double>(plain.train.values[i]), 2);
    rotated += std::pow(static_cast<double>(set.train.values[i]), 2);
  }
  CHECK(rotated == Approx(norm).epsilon(1e-6));
}

TEST_CASE("one-dimensional digits have mean 0 and variance 1 and balanced classes") {
  const data::Dataset set = loaded(mnist1d(4000));
  CHECK(set.info.input_shape == std::vector<std::int64_t>{1, 1, 40});
  double sum = 0, squares = 0;
  for (const float value : set.train.values) {
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  CHECK(sum / 160000 == Approx(0).margin(1e-6));
  CHECK(squares / 160000 == Approx(1).epsilon(1e-6));
  CHECK(std::count(set.train.labels.begin(), set.train.labels.end(), 7) == 400);
  CHECK(loaded(mnist1d(4000)).sha256 == set.sha256);
  CHECK(loaded(mnist1d(4000, 1)).sha256 != set.sha256);
  const data::Dataset fewer = loaded(mnist1d(20));
  CHECK(std::equal(fewer.train.values.begin(), fewer.train.values.end(), set.train.values.begin()));
}

TEST_CASE("samples of validation come after those of training in synthetic sets too") {
  Json asked = mnist1d(20);
  const data::Dataset all = loaded(asked);
  asked["validation_samples"] = 5;
  const data::Dataset set = loaded(asked);
  CHECK(set.train.labels.size() == 15);
  CHECK(set.validation.values == std::vector<float>(all.train.values.begin() + 15 * 40, all.train.values.end()));
}
