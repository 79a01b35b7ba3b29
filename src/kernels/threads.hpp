// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

namespace eigensweep::kernels {

/// Calls work(0), ..., work(count - 1) on as many threads as Torch may use, without gradients. Torch's operations
/// inside `work` run on that one thread. When all threads have finished, rethrows the first exception.
///
/// at::parallel_for would be a serial loop: outside Torch's own libraries it needs OpenMP, and a second OpenMP runtime
/// next to the wheel's would not know the first one's threads.
void on_threads(std::int64_t count, const std::function<void(std::int64_t)>& work);

}  // namespace eigensweep::kernels
