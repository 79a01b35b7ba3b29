// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"

namespace eigensweep::models {

/// The content of a safetensors file (https://github.com/huggingface/safetensors): named tensors and text metadata.
struct TensorFile {
  std::vector<NamedTensor> tensors;  ///< on the CPU, contiguous
  std::map<std::string, std::string> metadata;
  std::filesystem::path file{};  ///< where it was read from; messages name it

  /// The tensor of that name, or null.
  [[nodiscard]] const torch::Tensor* find(const std::string& name) const;
  /// Throws DataError if no tensor has that name.
  [[nodiscard]] const torch::Tensor& at(const std::string& name) const;
  /// The same, but also throws DataError if its shape or type is not that of `like` in a file.
  [[nodiscard]] const torch::Tensor& at(const std::string& name, const torch::Tensor& like) const;
};

/// Writes in one step (a reader sees the old file or the new one). float32, float64, int64 and uint8 tensors of any
/// device; bfloat16 ones as float32, which has all their numbers. The metadata get an entry `sha256`, a checksum of
/// everything else, which read_tensors() verifies. Throws SystemError. Returns the SHA-256 of the file's content.
std::string write_tensors(const std::filesystem::path& file, const TensorFile& content);

/// Throws DataError on a missing, truncated, changed or corrupt file. The tensors must fill the file from the header to
/// its end without overlap, so that the memory they take is in proportion to the file.
TensorFile read_tensors(const std::filesystem::path& file);

/// One lane of a stacked network, with the names that torch has in Python: parameters and buffers without the lane
/// dimension.
TensorFile lane_of(Model& model, std::int64_t lane);
/// Copies the tensors of such a file into one lane. Throws DataError if a tensor is missing or has another shape or
/// type.
void load_lane(Model& model, std::int64_t lane, const TensorFile& content);

}  // namespace eigensweep::models
