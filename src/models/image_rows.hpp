// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::models {

/// How a recurrent network reads an image: a row after the other, all channels of a row at once.
struct ImageRows {
  std::int64_t channels = 1, steps = 1, columns = 1;

  explicit ImageRows(const study::DatasetInfo& dataset)
      : channels(dataset.input_shape.front()),
        steps(dataset.input_shape.at(dataset.input_shape.size() - 2)),
        columns(dataset.input_shape.back()) {}
  /// Numbers that a step reads.
  [[nodiscard]] std::int64_t inputs() const { return channels * columns; }
};

}  // namespace eigensweep::models
