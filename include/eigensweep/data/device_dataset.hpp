// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "eigensweep/data/dataset.hpp"
#include "eigensweep/data/torch.hpp"

namespace eigensweep::data {

/// A dataset on a worker's device, as bytes; a batch is a gather.
struct DeviceDataset {
  study::DatasetInfo info;
  std::string sha256;
  torch::Tensor train_images;  ///< [n, d] uint8
  torch::Tensor train_labels;  ///< [n] int64
  torch::Tensor test_images;   ///< [m, d] uint8
  torch::Tensor test_labels;   ///< [m] int64

  DeviceDataset(const Dataset& dataset, const torch::Device& device);
};

/// Bytes [.., d] to floats in [0, 1]: value / 255, correctly rounded (as torchvision's ToTensor).
torch::Tensor to_unit(const torch::Tensor& bytes);

}  // namespace eigensweep::data
