// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "eigensweep/study/kind.hpp"

namespace eigensweep::models {

/// Sizes of one block: a convolution that pads nothing, then 2x2 max pooling.
struct CnnBlock {
  std::int64_t in_channels, out_channels, kernel;
  std::int64_t height, width;                ///< after the convolution
  std::int64_t pooled_height, pooled_width;  ///< after pooling; 0 where the image is used up
};

/// The blocks of a "cnn" model on a dataset of images; none when its samples are no images.
inline std::vector<CnnBlock> cnn_blocks(const Json& options, const study::DatasetInfo& dataset) {
  std::vector<CnnBlock> blocks;
  if (dataset.input_shape.size() != 3) return blocks;
  const auto kernel = options.at("kernel_size").get<std::int64_t>();
  std::int64_t in = dataset.input_shape[0], height = dataset.input_shape[1], width = dataset.input_shape[2];
  auto out = options.at("channels").get<std::int64_t>();
  for (auto left = options.at("depth").get<std::int64_t>(); left > 0; --left) {
    height = std::max<std::int64_t>(height - kernel + 1, 0);
    width = std::max<std::int64_t>(width - kernel + 1, 0);
    blocks.push_back({in, out, kernel, height, width, height / 2, width / 2});
    height /= 2;
    width /= 2;
    in = out;
    out *= 2;
  }
  return blocks;
}

}  // namespace eigensweep::models
