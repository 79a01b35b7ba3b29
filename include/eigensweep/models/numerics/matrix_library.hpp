// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::models {

using torch::Tensor;

/// What LibTorch multiplies matrices with on this CPU.
struct MatrixLibrary {
  std::string name;                  ///< "MKL 2024.2"; "" if LibTorch was built with another library
  bool takes_amd_for_intel = false;  ///< MKL uses the kernels that it has for Intel's CPUs
  bool multiplies_bfloat16 = false;  ///< by instructions of this CPU

  /// In one line, for people.
  [[nodiscard]] std::string words() const;
};

/// The first call multiplies two small matrices to see what the library does.
///
/// MKL has kernels for each set of vector instructions. On AMD's CPUs it uses slower ones than those instructions
/// allow: docs/performance.md has the figures. A program that links this file tells it otherwise, unless the
/// environment variable EIGENSWEEP_MKL_AS_SHIPPED is 1. Throws ConfigError if that is neither 1 nor 0.
const MatrixLibrary& matrix_library();

/// a [E, R, K] times b [E, K, S], lane by lane, of operands rounded to bfloat16, with float32 sums: [E, R, S] float32.
/// Operands that are bfloat16 already are not rounded again. No gradient flows through it. Only for a CPU whose library
/// has such a product; fast where `multiplies_bfloat16`.
Tensor bfloat16_product(const Tensor& a, const Tensor& b);
/// Whether there is one.
bool has_bfloat16_product();
/// Whether "compute": "bfloat16" takes it: where `multiplies_bfloat16`, and where a test says so.
bool uses_bfloat16_product();
void use_bfloat16_product(bool wanted);

}  // namespace eigensweep::models
