// SPDX-License-Identifier: MIT
#include "cnn_shape.hpp"

#include <algorithm>

#include "cnn_blocks.hpp"
#include "finite_shape.hpp"

namespace eigensweep::models {

study::ModelShape cnn_shape(const CnnOptions& cnn, const study::DatasetInfo& dataset) {
  study::ModelShape shape = finite_shape(cnn);
  const std::int64_t width = cnn.width.value;
  const auto add_hidden = [&](std::int64_t size) {
    shape.hidden_widths.push_back(size);
    if (static_cast<std::int64_t>(shape.hidden_widths.size()) == cnn.whiten) add_whitening(size, shape);
  };
  std::int64_t fan_in = dataset.input_size(), hidden = 0;
  for (const CnnBlock& block : cnn_blocks(cnn, dataset)) {
    const std::int64_t weights = block.in_channels * block.kernel * block.kernel * block.out_channels;
    shape.forward_flops += 2.0 * static_cast<double>(weights) * static_cast<double>(block.height * block.width);
    if (shape.first_layer_flops == 0) shape.first_layer_flops = shape.forward_flops;
    shape.parameters += weights + block.out_channels * (cnn.batch_norm ? 3 : 1);
    shape.outputs += block.out_channels * block.height * block.width;
    shape.filters = std::max(shape.filters, weights + block.out_channels);
    shape.patches += block.in_channels * block.kernel * block.kernel * block.height * block.width;
    fan_in = block.out_channels * block.pooled_height * block.pooled_width;
    // The result of the nonlinearity is kept; after pooling, the values and the maxima's places (8 bytes each, which
    // count as two numbers).
    const std::int64_t kept = cnn.pooling == CnnOptions::Pooling::max       ? 3
                              : cnn.pooling == CnnOptions::Pooling::average ? 1
                                                                            : 0;
    const std::int64_t map = block.out_channels * block.height * block.width;
    shape.activations += map * kept_of_unit(cnn) + kept * fan_in;
    shape.gradients = std::max(shape.gradients, map);
    // The hidden layers so far, the convolution's result, the nonlinearity's, and what pooling makes of it.
    shape.forward_numbers = std::max(shape.forward_numbers, hidden + 2 * map + kept * fan_in);
    hidden += fan_in;
    add_hidden(fan_in);
  }
  shape.forward_flops += 2.0 * static_cast<double>(fan_in) * static_cast<double>(width);
  shape.parameters += fan_in * width + width * (cnn.batch_norm ? 3 : 1);
  shape.activations += width * kept_of_unit(cnn);
  shape.gradients = std::max(shape.gradients, width);
  shape.forward_numbers = std::max(shape.forward_numbers, hidden + 2 * width);
  add_hidden(width);
  shape.forward_flops += 2.0 * static_cast<double>(width) * static_cast<double>(dataset.classes);
  shape.parameters += width * dataset.classes + dataset.classes;
  shape.activations += dataset.classes;
  shape.outputs += width + dataset.classes;
  return shape;
}

}  // namespace eigensweep::models
