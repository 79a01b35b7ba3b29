// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

namespace eigensweep::kernels {

/// Calls work(0), ..., work(count - 1) on as many threads as Torch may use, whose own operations then run on one each,
/// without gradients. The first exception is thrown again here, when all threads have come back.
///
/// at::parallel_for would be a serial loop: outside of Torch's own libraries it wants OpenMP, and a second OpenMP
/// runtime beside that of the wheel would know nothing of the threads of the first.
void on_threads(std::int64_t count, const std::function<void(std::int64_t)>& work);

}  // namespace eigensweep::kernels
