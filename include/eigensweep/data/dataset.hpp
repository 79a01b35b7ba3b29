// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::data {

/// One split as in its file. Bytes stay bytes, so that a whole dataset fits on a device.
struct Split {
  std::vector<std::uint8_t> images{};  ///< [n, channels, height, width], row-major, 0..255 stands for 0..1
  std::vector<std::int64_t> labels{};  ///< [n], 0..classes-1
  std::vector<float> values{};         ///< float inputs instead of `images`, in the same shape
};

struct Dataset {
  study::DatasetInfo info;
  Split train;
  Split test;
  Split validation;  ///< cut from the end of the training samples
  /// SHA-256 of the content: images, then labels (a byte each), of training, validation and test in turn.
  std::string sha256;
};

/// Loads a dataset by the study's resolved "dataset" section. Throws DataError (missing, truncated, corrupt, wrong
/// magic, another hash than the one asked for), ContractViolation for an unknown kind or an option without a value.
Dataset load(const Json& options);

}  // namespace eigensweep::data
