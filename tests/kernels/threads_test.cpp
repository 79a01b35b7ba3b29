// SPDX-License-Identifier: MIT
#include "threads.hpp"

#include <ATen/Parallel.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "eigensweep/data/torch.hpp"

using eigensweep::kernels::on_threads;

TEST_CASE("every piece of work is done once, on no more threads than Torch may use, without gradients") {
  const torch::Tensor matrix = torch::ones({40, 40}, torch::requires_grad());
  for (const int allowed : {1, 2, 3}) {
    at::set_num_threads(allowed);
    std::vector<int> times(200, 0);
    std::vector<double> sums(200, 0);
    std::set<std::thread::id> threads;
    std::atomic<bool> has_gradient{false};
    std::mutex mutex;
    on_threads(200, [&](std::int64_t i) {
      const auto place = static_cast<std::size_t>(i);
      ++times[place];
      const torch::Tensor product = matrix.matmul(matrix);
      if (product.requires_grad()) has_gradient = true;
      sums[place] = product.sum().item<double>() + static_cast<double>(i);
      const std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
    });
    CHECK(times == std::vector<int>(200, 1));
    for (std::size_t i = 0; i < sums.size(); ++i) CHECK(sums[i] == 64000.0 + static_cast<double>(i));
    CHECK(threads.size() <= static_cast<std::size_t>(allowed));
    CHECK_FALSE(has_gradient);
    CHECK(at::get_num_threads() == allowed);
  }
}

TEST_CASE("the first exception of a thread comes back when all threads have, and the rest of the work is left") {
  at::set_num_threads(3);
  std::atomic<int> running{0}, begun{0};
  const auto work = [&](std::int64_t i) {
    ++running;
    ++begun;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --running;
    if (i >= 5) throw std::runtime_error("piece " + std::to_string(i));
  };
  CHECK_THROWS_WITH(on_threads(100000, work), Catch::StartsWith("piece "));
  CHECK(running == 0);
  CHECK(begun < 100);
  CHECK(at::get_num_threads() == 3);
  CHECK_NOTHROW(on_threads(5, work));
  CHECK_NOTHROW(on_threads(0, work));
}
