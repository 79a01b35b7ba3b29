// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

namespace eigensweep::kernels {

/// Calls work(0), ..., work(count - 1) on as many threads as Torch may use, without gradients. Torch's operations
/// inside `work` run on that one thread. When all threads have finished, rethrows the first exception.
///
/// at::parallel_for would be a serial loop where our code is not compiled for LibTorch's own OpenMP runtime
/// (cmake/TorchLibrary.cmake).
void on_threads(std::int64_t count, const std::function<void(std::int64_t)>& work);

}  // namespace eigensweep::kernels
