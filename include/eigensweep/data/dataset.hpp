// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::data {

/// One split as it lies in its file: bytes where it has bytes, so that a whole dataset fits on any device.
struct Split {
  std::vector<std::uint8_t> images{};  ///< [n, channels, height, width], row-major, 0..255 stands for 0..1
  std::vector<std::int64_t> labels{};  ///< [n], 0..classes-1
  std::vector<float> values{};         ///< in place of `images`, the same shape: inputs that are no bytes, as they are
};

struct Dataset {
  study::DatasetInfo info;
  Split train;
  Split test;
  Split validation;  ///< cut from the end of the training samples
  /// Over all of its content: images, then labels (a byte each), of training, validation and test.
  std::string sha256;
};

/// Loads a dataset by the study's resolved "dataset" section. Throws DataError (missing, truncated, corrupt, wrong
/// magic, another hash than the one asked for), ContractViolation for an unknown kind or an option without a value.
Dataset load(const Json& options);

}  // namespace eigensweep::data
