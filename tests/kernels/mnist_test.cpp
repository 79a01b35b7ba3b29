// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/kernels/limit.hpp"
#include "eigensweep/kernels/regression.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

const data::DeviceDataset& mnist() {
  static const data::DeviceDataset set(
      data::load({{"kind", "mnist"}, {"folder", ""}, {"train_samples", 0}, {"test_samples", 0}}), torch::kCPU);
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

}  // namespace

TEST_CASE("the Gaussian process of infinite width classifies MNIST as published") {
  const Tensor chosen = first_of_each_class(1000);
  const Tensor x = standardised(mnist().train_images.index_select(0, chosen));
  const Tensor y = torch::one_hot(mnist().train_labels.index_select(0, chosen), 10).to(torch::kFloat64) - 0.1;
  const auto laws = kernels::ntk_laws(20, 1.45, 0.28);
  const auto train = kernels::dense_limit(laws, "relu", x, x);
  const kernels::Fit nngp = kernels::fit_to_the_end(train.nngp, y), ntk = kernels::fit_to_the_end(train.ntk, y);
  CHECK(nngp.jitter == 1e-10);
  double nngp_right = 0, ntk_right = 0;
  for (std::int64_t start = 0; start < 10000; start += 2500) {
    const auto test =
        kernels::dense_limit(laws, "relu", standardised(mnist().test_images.slice(0, start, start + 2500)), x);
    const Tensor labels = mnist().test_labels.slice(0, start, start + 2500);
    nngp_right += test.nngp.matmul(nngp.coefficients).argmax(1).eq(labels).sum().item<double>();
    ntk_right += test.ntk.matmul(ntk.coefficients).argmax(1).eq(labels).sum().item<double>();
  }
  // Lee et al. 2018 (arXiv:1711.00165), table 1: .9279 with 1,000 training images, relu, depth 20. Standard error
  // .0026.
  CHECK(nngp_right / 10000 == Approx(0.9279).margin(0.004));
  // An independent program in double precision on the same images.
  CHECK(nngp_right / 10000 == Approx(0.9250).margin(0.0002));
  CHECK(ntk_right / 10000 == Approx(0.9155).margin(0.0002));
}
