// SPDX-License-Identifier: MIT
#include "eigensweep/models/numerics/matrix_library.hpp"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/cpu/Utils.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/switch.hpp"
#include "eigensweep/models/numerics/product.hpp"

namespace {

constexpr const char* as_shipped = "EIGENSWEEP_MKL_AS_SHIPPED";
std::atomic<bool> amd_was_taken_for_intel{false};

#ifdef __x86_64__
bool is_amd() { return __builtin_cpu_is("amd") != 0; }
bool is_intel() { return __builtin_cpu_is("intel") != 0; }
bool has_bfloat16_instructions() { return __builtin_cpu_supports("avx512bf16") != 0; }
#else
bool is_amd() { return false; }
bool is_intel() { return false; }
bool has_bfloat16_instructions() { return false; }
#endif

}  // namespace

/// MKL asks this function of its own before it chooses its kernels. A dynamic linker that finds it here takes this one.
/// Which instructions the CPU has MKL sees for itself.
extern "C" int mkl_serv_intel_cpu_true();
extern "C" int mkl_serv_intel_cpu_true() {
  const char* variable = std::getenv(as_shipped);
  if (!is_amd() || (variable != nullptr && std::string_view(variable) == "1")) return is_intel() ? 1 : 0;
  amd_was_taken_for_intel.store(true);
  return 1;
}

namespace eigensweep::models {
namespace {

// As MKL's mkl_cblas.h declares them, with 32-bit integers, as LibTorch links it.
constexpr int row_major = 101, as_it_is = 111, transposed = 112;
using Bfloat16Product = void (*)(int layout, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                                 const c10::BFloat16* a, int row_of_a, const c10::BFloat16* b, int row_of_b, float beta,
                                 float* c, int row_of_c);

Bfloat16Product bfloat16_function() {
  static const auto function =
      reinterpret_cast<Bfloat16Product>(::dlsym(RTLD_DEFAULT, "cblas_gemm_bf16bf16f32"));  // NOLINT(*-reinterpret-cast)
  return function;
}

/// "2024.2" of "Intel(R) oneAPI Math Kernel Library Version 2024.2-Product Build 20240605 for ...".
std::string mkl_version() {
  constexpr std::string_view before = "Version ";
  const std::string all = at::get_mkl_version();
  const std::size_t start = all.find(before);
  if (start == std::string::npos) return "";
  return all.substr(start + before.size(), all.find_first_of("- ", start + before.size()) - start - before.size());
}

MatrixLibrary look() {
  const bool wants_as_shipped = is_switched_on(as_shipped, "to leave the choice of kernels to MKL");
  const Tensor square = torch::ones({64, 64});
  square.mm(square);
  MatrixLibrary library;
  if (const std::string version = mkl_version(); !version.empty()) library.name = "MKL " + version;
  library.takes_amd_for_intel = !wants_as_shipped && amd_was_taken_for_intel.load();
  library.multiplies_bfloat16 = has_bfloat16_instructions() && has_bfloat16_product();
  if (library.multiplies_bfloat16) at::cpu::init_amx();
  return library;
}

/// One lane of an operand, as the library reads it.
struct Operand {
  Tensor numbers;  // [R, K] bfloat16, with rows or columns that are contiguous
  int transpose = as_it_is;
  int stride = 0;

  explicit Operand(const Tensor& all) : numbers(all) {
    const bool has_rows = numbers.stride(1) == 1 && numbers.stride(0) >= numbers.size(1);
    const bool has_columns = numbers.stride(0) == 1 && numbers.stride(1) >= numbers.size(0);
    if (!has_rows && !has_columns) numbers = numbers.contiguous();
    const bool by_rows = has_rows || !has_columns;
    transpose = by_rows ? as_it_is : transposed;
    stride = static_cast<int>(by_rows ? std::max(numbers.stride(0), numbers.size(1)) : numbers.stride(1));
  }
};

void multiply_lane(const Tensor& a, const Tensor& b, const Tensor& result) {
  const Operand left(a), right(b);
  const auto rows = static_cast<int>(a.size(0)), inner = static_cast<int>(a.size(1)),
             columns = static_cast<int>(b.size(1));
  bfloat16_function()(row_major, left.transpose, right.transpose, rows, columns, inner, 1.0F,
                      left.numbers.const_data_ptr<c10::BFloat16>(), left.stride,
                      right.numbers.const_data_ptr<c10::BFloat16>(), right.stride, 0.0F,
                      result.mutable_data_ptr<float>(), static_cast<int>(result.stride(0)));
}

}  // namespace

std::string MatrixLibrary::words() const {
  if (name.empty()) return "not MKL; products of bfloat16 are taken in float32";
  return fmt::format("{}{}; products of bfloat16 {}", name,
                     takes_amd_for_intel ? " with its kernels for Intel's CPUs" : "",
                     multiplies_bfloat16 ? "by instructions of the CPU"
                                         : "are taken in float32 (the CPU has no instructions for them)");
}

const MatrixLibrary& matrix_library() {
  static const MatrixLibrary library = look();
  return library;
}

bool has_bfloat16_product() { return bfloat16_function() != nullptr; }

namespace {
std::atomic<bool>& bfloat16_is_used() {
  static std::atomic<bool> used{matrix_library().multiplies_bfloat16};
  return used;
}
}  // namespace

bool uses_bfloat16_product() { return bfloat16_is_used().load(); }
void use_bfloat16_product(bool wanted) { bfloat16_is_used().store(wanted); }

Tensor bfloat16_product(const Tensor& a, const Tensor& b) {
  EIGENSWEEP_EXPECT(has_bfloat16_product() && a.dim() == 3 && b.dim() == 3 && a.size(0) == b.size(0));
  EIGENSWEEP_EXPECT(std::max({a.stride(1), b.stride(1), a.size(1), b.size(2)}) < std::numeric_limits<int>::max());
  const torch::NoGradGuard no_gradients;
  const Tensor left = a.to(torch::kBFloat16), right = b.to(torch::kBFloat16);
  const Tensor result = empty_rows(a.size(0), a.size(1), b.size(2), torch::TensorOptions(torch::kFloat32));
  const auto lanes = [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t lane = first; lane < last; ++lane) multiply_lane(left[lane], right[lane], result[lane]);
  };
  if (runs_lane_by_lane(a)) {
    lanes(0, a.size(0));
  } else {
    at::parallel_for(0, a.size(0), 1, lanes);
  }
  return result;
}

}  // namespace eigensweep::models
