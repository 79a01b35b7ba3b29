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

  /// Throws DataError when there is none of that name.
  [[nodiscard]] const torch::Tensor& at(const std::string& name) const;
  /// The same; throws DataError also when its shape or type is not that of `like`.
  [[nodiscard]] const torch::Tensor& at(const std::string& name, const torch::Tensor& like) const;
};

/// Writes in one step (a reader sees the old file or the new one). float32, float64, int64 and uint8 tensors of any
/// device. The metadata get an entry `sha256`, a checksum of all else, which `read_tensors` compares. Throws
/// SystemError. Returns the SHA-256 of the file's content.
std::string write_tensors(const std::filesystem::path& file, const TensorFile& content);

/// Throws DataError on a missing, truncated, changed or corrupt file; the tensors' places must fill it from the header
/// to its end, so that what is read takes memory in proportion to it.
TensorFile read_tensors(const std::filesystem::path& file);

/// One lane of a stacked network as torch in Python names it: parameters and buffers without the lane dimension.
TensorFile lane_of(Model& model, std::int64_t lane);
/// The reverse. Throws DataError when a tensor is missing or has another shape or type.
void load_lane(Model& model, std::int64_t lane, const TensorFile& content);

}  // namespace eigensweep::models
