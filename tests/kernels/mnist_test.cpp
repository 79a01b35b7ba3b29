// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/kernels/limit.hpp"
#include "eigensweep/kernels/regression.hpp"
#include "loaded.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

const data::DeviceDataset& mnist() {
  static const data::DeviceDataset set(loaded({{"kind", "mnist"}}), torch::kCPU);
  return set;
}

/// Every image at mean 0 and variance 1.
Tensor standardised(const Tensor& images) {
  const Tensor x = data::to_inputs(images).to(torch::kFloat64);
  return (x - x.mean(1, true)) / x.std(1, /*unbiased=*/false, /*keepdim=*/true);
}

/// The first n / 10 images of each class of those from 10000 on, as in Lee et al. 2018.
Tensor first_of_each_class(std::int64_t n) {
  const Tensor labels = mnist().train_labels.slice(0, 10000);
  std::vector<Tensor> chosen;
  for (std::int64_t label = 0; label < 10; ++label) {
    chosen.push_back(labels.eq(label).nonzero().view(-1).slice(0, 0, n / 10) + 10000);
  }
  return torch::cat(chosen);
}

struct Accuracy {
  double nngp = 0, ntk = 0;
};

/// Accuracy on all 10,000 test images of regression to the end on n training images.
Accuracy accuracy(std::int64_t n, const char* activation, std::int64_t depth, double weight, double bias) {
  const Tensor chosen = first_of_each_class(n);
  const Tensor x = standardised(mnist().train_images.index_select(0, chosen));
  const Tensor y = torch::one_hot(mnist().train_labels.index_select(0, chosen), 10).to(torch::kFloat64) - 0.1;
  const auto laws = kernels::ntk_laws(depth, weight, bias);
  const auto train = kernels::dense_limit(laws, activation, x, x);
  const kernels::Fit nngp = kernels::fit_to_the_end(train.nngp, y), ntk = kernels::fit_to_the_end(train.ntk, y);
  CHECK(nngp.jitter == 1e-10);
  Accuracy right;
  for (std::int64_t start = 0; start < 10000; start += 2500) {
    const auto test =
        kernels::dense_limit(laws, activation, standardised(mnist().test_images.slice(0, start, start + 2500)), x);
    const Tensor labels = mnist().test_labels.slice(0, start, start + 2500);
    right.nngp += test.nngp.matmul(nngp.coefficients).argmax(1).eq(labels).sum().item<double>() / 10000;
    right.ntk += test.ntk.matmul(ntk.coefficients).argmax(1).eq(labels).sum().item<double>() / 10000;
  }
  return right;
}

}  // namespace

// Published: Lee et al. 2018 (arXiv:1711.00165), table 1; the standard error is .0026 with 1,000 training images and
// .0015 with 10,000. The narrower margins are around the numbers of an independent program in double precision on the
// same images.

TEST_CASE("the Gaussian process of infinite width classifies MNIST as published") {
  const Accuracy found = accuracy(1000, "relu", 20, 1.45, 0.28);
  CHECK(found.nngp == Approx(0.9279).margin(0.004));
  CHECK(found.nngp == Approx(0.9250).margin(0.0002));
  CHECK(found.ntk == Approx(0.9155).margin(0.0002));
}

TEST_CASE("the same with tanh, by its series") {
  const Accuracy found = accuracy(1000, "tanh", 20, 1.96, 0.62);
  CHECK(found.nngp == Approx(0.9266).margin(0.004));
  CHECK(found.nngp == Approx(0.9260).margin(0.0002));
  CHECK(found.ntk == Approx(0.9254).margin(0.0002));
}

// These take minutes: bench/kernels runs them.
TEST_CASE("the same with 10,000 training images", "[.large]") {
  const Accuracy tanh = accuracy(10000, "tanh", 2, 1.62, 0.28);
  CHECK(tanh.nngp == Approx(0.9773).margin(0.002));
  CHECK(tanh.nngp == Approx(0.9773).margin(0.0002));
  CHECK(tanh.ntk == Approx(0.9768).margin(0.0002));
  const Accuracy relu = accuracy(10000, "relu", 7, 0.61, 0.07);
  CHECK(relu.nngp == Approx(0.9765).margin(0.002));
  CHECK(relu.nngp == Approx(0.9759).margin(0.0002));
  CHECK(relu.ntk == Approx(0.9727).margin(0.0002));
}
