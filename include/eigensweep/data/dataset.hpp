// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/study/kind.hpp"

namespace eigensweep::data {

/// One split as it lies in its file: bytes, so that a whole dataset fits on any device.
struct Split {
  std::vector<std::uint8_t> images;  ///< [n, channels, height, width], row-major, 0..255 stands for 0..1
  std::vector<std::int64_t> labels;  ///< [n], 0..classes-1
};

struct Dataset {
  study::DatasetInfo info;
  Split train;
  Split test;
  std::string sha256;  ///< over all of its content, in the order train images, train labels, test images, test labels
};

/// Loads a dataset by the study's resolved "dataset" section. Throws DataError (missing, truncated, corrupt, wrong
/// magic).
Dataset load(const Json& options);

}  // namespace eigensweep::data
