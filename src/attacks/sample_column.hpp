// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/wire/record.hpp"

namespace eigensweep::attacks {

/// A number per sample as a record keeps it. `numbers` [n], float64 or int64, on the CPU.
inline wire::Array sample_column(const torch::Tensor& numbers) {
  wire::Array array;
  array.dtype = numbers.scalar_type() == torch::kFloat64 ? "f64" : "i64";
  array.shape = {numbers.size(0)};
  array.bytes.resize(numbers.nbytes());
  std::memcpy(array.bytes.data(), numbers.contiguous().const_data_ptr(), array.bytes.size());
  return array;
}

}  // namespace eigensweep::attacks
