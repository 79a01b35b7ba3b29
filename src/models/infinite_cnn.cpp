// SPDX-License-Identifier: MIT
#include "infinite_cnn.hpp"

#include <algorithm>
#include <vector>

#include "cnn_blocks.hpp"
#include "infinite.hpp"

namespace eigensweep::models {
namespace {

/// Pairs of positions that the recursion keeps for a pair of images, over all blocks: equal positions, and below a
/// pooling all pairs within each of its windows (kernels/conv_limit.hpp).
double position_pairs(const CnnOptions& cnn, const study::DatasetInfo& dataset) {
  const std::vector<CnnBlock> blocks = cnn_blocks(cnn, dataset);
  double pairs = 0;
  std::int64_t reach = 0;
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
    if (cnn.pooling == CnnOptions::Pooling::average) reach = 2 * reach + 1;
    const auto along = [&](std::int64_t size) {
      const std::int64_t far = std::min(reach, size - 1);
      return static_cast<double>((2 * far + 1) * size - far * (far + 1));
    };
    pairs += along(block->height) * along(block->width);
    reach *= block->stride;
  }
  return pairs;
}

}  // namespace

study::ModelShape infinite_cnn_shape(const CnnOptions& cnn, const study::DatasetInfo& dataset) {
  // Measured on one core: 20 ns per pair of positions, 120 ns with tanh's series. The cost model counts 50 operations
  // per ns.
  const double pair_flops = cnn.activation == "tanh" ? 6000 : 1000;
  const auto samples = static_cast<double>(dataset.train_samples);
  const double pairs = position_pairs(cnn, dataset);
  study::ModelShape shape;
  shape.forward_flops = samples * pair_flops * pairs;
  shape.first_layer_flops = shape.forward_flops;
  shape.parameters = dataset.train_samples * dataset.classes;
  shape.closed_form_flops = samples * samples / 2 * pair_flops * pairs + 20.0 * samples * samples * samples;
  shape.closed_form_bytes = std::max(5.0 * 8.0 * samples * samples, limit_chunk_bytes);
  shape.infinite_layers = cnn.depth + 1;
  shape.patches = static_cast<std::int64_t>(pairs);
  return shape;
}

}  // namespace eigensweep::models
