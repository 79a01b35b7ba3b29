// SPDX-License-Identifier: MIT
#include "eigensweep/data/device_dataset.hpp"

#include <catch2/catch.hpp>

using namespace eigensweep;

TEST_CASE("bytes become floats by a correctly rounded division") {
  const torch::Tensor bytes = torch::arange(256, torch::kUInt8).view({2, 128});
  const torch::Tensor unit = data::to_inputs(bytes);
  REQUIRE(unit.scalar_type() == torch::kFloat32);
  REQUIRE(unit.sizes() == bytes.sizes());
  for (int value = 0; value < 256; ++value) {
    CHECK(unit.view({-1})[value].item<float>() == static_cast<float>(value) / 255.0F);
  }
}

TEST_CASE("a dataset on a device owns its samples, in the order of the files") {
  data::Dataset dataset;
  dataset.info.train_samples = 2;
  dataset.info.test_samples = 1;
  dataset.info.input_shape = {1, 1, 3};
  dataset.info.classes = 2;
  dataset.sha256 = "abc";
  dataset.train = {{1, 2, 3, 4, 5, 255}, {0, 1}};
  dataset.test = {{7, 8, 9}, {1}};
  const data::DeviceDataset on_device(dataset, torch::kCPU);
  dataset.train.images.assign(6, 0);
  CHECK(torch::equal(on_device.train_images, torch::tensor({{1, 2, 3}, {4, 5, 255}}, torch::kUInt8)));
  CHECK(torch::equal(on_device.train_labels, torch::tensor({0, 1}, torch::kInt64)));
  CHECK(torch::equal(on_device.test_images, torch::tensor({{7, 8, 9}}, torch::kUInt8)));
  CHECK(torch::equal(on_device.test_labels, torch::tensor({1}, torch::kInt64)));
  CHECK(on_device.sha256 == "abc");
}

TEST_CASE("inputs that are no bytes reach the device as they are") {
  data::Dataset dataset;
  dataset.info.train_samples = 1;
  dataset.info.test_samples = 1;
  dataset.info.validation_samples = 1;
  dataset.info.input_shape = {1, 1, 2};
  dataset.train = {{}, {0}, {-1.5F, 300.25F}};
  dataset.test = {{}, {1}, {0.0F, 1.0F}};
  dataset.validation = {{}, {1}, {2.0F, 3.0F}};
  const data::DeviceDataset on_device(dataset, torch::kCPU);
  CHECK(torch::equal(data::to_inputs(on_device.train_images), torch::tensor({{-1.5F, 300.25F}})));
  CHECK(torch::equal(on_device.part("validation").images, torch::tensor({{2.0F, 3.0F}})));
  CHECK(torch::equal(on_device.part("validation").labels, torch::tensor({1}, torch::kInt64)));
}
