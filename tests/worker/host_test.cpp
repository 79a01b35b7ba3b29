// SPDX-License-Identifier: MIT
#include "eigensweep/worker/host.hpp"

#include <ATen/Context.h>

#include <catch2/catch.hpp>

using namespace eigensweep;

TEST_CASE("products of float32 are exact, whatever LibTorch allows by default and a user by its environment") {
  CHECK(worker::float32_products() != "ieee");  // cuDNN's default
  at::globalContext().setFloat32MatmulPrecision("high");
  worker::use_exact_float32();
  CHECK(worker::float32_products() == "ieee");
  CHECK_FALSE(at::globalContext().allowTF32CuBLAS());
  CHECK_FALSE(at::globalContext().allowTF32CuDNN());
  CHECK_FALSE(at::globalContext().allowTF32CuDNN(at::Float32Op::CONV));
  CHECK(at::globalContext().float32MatmulPrecision() == at::Float32MatmulPrecision::HIGHEST);
}

TEST_CASE("a lack of memory is known by Torch's error and by those of the libraries under it") {
  const auto is_it = [](const char* words) {
    try {
      TORCH_CHECK(false, words);
    } catch (const c10::Error& error) {
      return worker::is_out_of_memory(error);
    }
    return false;
  };
  for (const char* words :
       {"DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes", "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`",
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED", "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED"}) {
    INFO(words);
    CHECK(is_it(words));
  }
  for (const char* words :
       {"CUDA error: an illegal memory access was encountered", "cusolver error: CUSOLVER_STATUS_EXECUTION_FAILED",
        "linalg.eigh: The algorithm failed to converge"}) {
    INFO(words);
    CHECK_FALSE(is_it(words));
  }
}
