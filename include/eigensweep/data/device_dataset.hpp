// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "eigensweep/data/dataset.hpp"
#include "eigensweep/data/torch.hpp"

namespace eigensweep::data {

/// A dataset on a worker's device, as bytes (float32 where it has no bytes); a batch is a gather.
struct DeviceDataset {
  study::DatasetInfo info;
  std::string sha256;
  torch::Tensor train_images;  ///< [n, d] uint8 or float32
  torch::Tensor train_labels;  ///< [n] int64
  torch::Tensor test_images;   ///< [m, d]
  torch::Tensor test_labels;   ///< [m]
  torch::Tensor validation_images;
  torch::Tensor validation_labels;

  DeviceDataset(const Dataset& dataset, const torch::Device& device);

  struct Part {
    torch::Tensor images;
    torch::Tensor labels;
  };
  /// `split`: "train", "validation" or "test".
  [[nodiscard]] Part part(const std::string& split) const;
};

/// Samples [.., d] as networks read them. Bytes become value / 255, correctly rounded (as torchvision's ToTensor).
/// float32 stays as it is and is not copied.
torch::Tensor to_inputs(const torch::Tensor& images);

}  // namespace eigensweep::data
