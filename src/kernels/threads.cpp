// SPDX-License-Identifier: MIT
#include "threads.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::kernels {

void on_threads(std::int64_t count, const std::function<void(std::int64_t)>& work) {
  const int all = at::get_num_threads();
  const std::int64_t threads = std::min<std::int64_t>(all, count);
  if (threads < 2) {
    const torch::NoGradGuard no_gradients;
    for (std::int64_t i = 0; i < count; ++i) work(i);
    return;
  }
  std::atomic<std::int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto run = [&] {
    const torch::NoGradGuard no_gradients;  // local to the thread, as is the number of threads below
    at::set_num_threads(1);
    try {
      for (std::int64_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> team;
    for (std::int64_t i = 0; i < threads; ++i) team.emplace_back(run);
  }
  at::set_num_threads(all);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace eigensweep::kernels
