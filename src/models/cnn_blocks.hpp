// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/study/kind.hpp"

namespace eigensweep::models {

/// Sizes of one block: a convolution that pads nothing, then 2x2 pooling or none.
struct CnnBlock {
  std::int64_t in_channels, out_channels, kernel, stride;
  std::int64_t height, width;                ///< after the convolution
  std::int64_t pooled_height, pooled_width;  ///< after pooling, if any; 0 where the image is used up
};

/// The blocks of a "cnn" model on a dataset of images; none when its samples are no images.
inline std::vector<CnnBlock> cnn_blocks(const Json& options, const study::DatasetInfo& dataset) {
  std::vector<CnnBlock> blocks;
  if (dataset.input_shape.size() != 3) return blocks;
  const auto kernel = options.at("kernel_size").get<std::int64_t>();
  const auto stride = options.value("stride", std::int64_t{1});
  const std::int64_t window = options.value("pooling", std::string("max")) == "none" ? 1 : 2;
  std::int64_t in = dataset.input_shape[0], height = dataset.input_shape[1], width = dataset.input_shape[2];
  auto out = options.at("channels").get<std::int64_t>();
  for (auto left = options.at("depth").get<std::int64_t>(); left > 0; --left) {
    height = height < kernel ? 0 : (height - kernel) / stride + 1;
    width = width < kernel ? 0 : (width - kernel) / stride + 1;
    blocks.push_back({in, out, kernel, stride, height, width, height / window, width / window});
    height /= window;
    width /= window;
    in = out;
    out *= 2;
  }
  return blocks;
}

}  // namespace eigensweep::models
