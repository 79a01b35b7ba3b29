// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "eigensweep/models/network_options.hpp"

namespace eigensweep::models {

/// The options of a convolutional network; its `depth` counts blocks, its `width` the units of the dense layer.
struct CnnOptions : NetworkOptions {
  enum class Pooling { max, average, none };

  CnnOptions() {
    depth = 2;
    width.value = 1000;
  }
  std::int64_t channels = 16;
  std::int64_t kernel_size = 3;
  std::int64_t stride = 1;
  Pooling pooling = Pooling::max;

  static study::Fields<CnnOptions> fields() {
    study::Fields<CnnOptions> fields;
    add_depth(fields, 16, "number of blocks: convolution, nonlinearity, 2x2 pooling")
        .integer("channels", &CnnOptions::channels, {1, 65536},
                 "channels of the first block; each further block has twice as many")
        .integer("kernel_size", &CnnOptions::kernel_size, {1, 63},
                 "height and width of the convolutions, which pad nothing")
        .integer("stride", &CnnOptions::stride, {1, 63}, "pixels from one place of the convolutions to the next")
        .choice("pooling", &CnnOptions::pooling,
                {{"max", Pooling::max}, {"average", Pooling::average}, {"none", Pooling::none}},
                "what 2x2 pooling keeps of a window");
    add_width(fields, "units of the dense hidden layer; \"inf\" makes channels infinite, too");
    add_units(fields, "normalise over the batch between each layer's map and its nonlinearity");
    return add_layers(fields, {{"standard", Scaling::standard}, {"ntk", Scaling::ntk}});
  }
};

}  // namespace eigensweep::models
