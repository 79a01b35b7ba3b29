// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/data/torch.hpp"
#include "loaded.hpp"

/// The first test images of the real MNIST, as a whole dataset (its training half is the same images).
inline eigensweep::data::DeviceDataset digits(std::int64_t count) {
  static const eigensweep::data::Dataset all =
      loaded({{"kind", "mnist"}, {"folder", EIGENSWEEP_SOURCE_FOLDER "/data/mnist"}, {"train_samples", 1}});
  eigensweep::data::DeviceDataset set(all, torch::kCPU);
  set.test_images = set.test_images.slice(0, 0, count);
  set.test_labels = set.test_labels.slice(0, 0, count);
  set.train_images = set.test_images;
  set.train_labels = set.test_labels;
  set.info.train_samples = count;
  set.info.test_samples = count;
  return set;
}
