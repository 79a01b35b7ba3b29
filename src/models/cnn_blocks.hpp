// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "eigensweep/models/cnn_options.hpp"

namespace eigensweep::models {

/// Sizes of one block: a convolution without padding, then 2x2 pooling or none.
struct CnnBlock {
  std::int64_t in_channels, out_channels, kernel, stride;
  std::int64_t height, width;                ///< after the convolution
  std::int64_t pooled_height, pooled_width;  ///< after pooling, if any; 0 if nothing is left of the image
};

/// The blocks of a "cnn" model on a dataset of images; empty if its samples are not images.
inline std::vector<CnnBlock> cnn_blocks(const CnnOptions& cnn, const study::DatasetInfo& dataset) {
  std::vector<CnnBlock> blocks;
  if (dataset.input_shape.size() != 3) return blocks;
  const std::int64_t window = cnn.pooling == CnnOptions::Pooling::none ? 1 : 2;
  std::int64_t in = dataset.input_shape[0], height = dataset.input_shape[1], width = dataset.input_shape[2];
  std::int64_t out = cnn.channels;
  for (std::int64_t left = cnn.depth; left > 0; --left) {
    height = height < cnn.kernel_size ? 0 : (height - cnn.kernel_size) / cnn.stride + 1;
    width = width < cnn.kernel_size ? 0 : (width - cnn.kernel_size) / cnn.stride + 1;
    blocks.push_back({in, out, cnn.kernel_size, cnn.stride, height, width, height / window, width / window});
    height /= window;
    width /= window;
    in = out;
    out *= 2;
  }
  return blocks;
}

}  // namespace eigensweep::models
