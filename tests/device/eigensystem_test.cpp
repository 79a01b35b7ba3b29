// SPDX-License-Identifier: MIT
// A device decomposes all lanes' matrices in one call, also where some of them fail.
#include "eigensweep/models/numerics/eigensystem.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "eigensweep/core/error.hpp"
#include "pretended/events.hpp"
#include "pretended/memory.hpp"

using namespace eigensweep;
using namespace eigensweep::models;

namespace {

// Of a whole number of cache lines: LAPACK's last digits depend on where a matrix begins.
constexpr std::int64_t lanes = 5, width = 8;

/// The pretended device computes on the CPU, where LAPACK's last digits depend on the number of threads.
class OneThread {
 public:
  OneThread() { torch::set_num_threads(1); }
  ~OneThread() { torch::set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_ = torch::get_num_threads();
};

Tensor covariances() {
  const Tensor h = torch::randn({lanes, width, 40}, torch::kFloat64);
  return torch::bmm(h, h.transpose(1, 2)) / 40;
}

/// The CPU's result, with NaN equal to NaN.
void check_same(const Eigensystem& found, const Eigensystem& wanted) {
  CHECK(torch::equal(found.values.cpu().nan_to_num(-1), wanted.values.nan_to_num(-1)));
  REQUIRE(found.vectors.defined() == wanted.vectors.defined());
  if (wanted.vectors.defined()) {
    CHECK(torch::equal(found.vectors.cpu().nan_to_num(-1), wanted.vectors.nan_to_num(-1)));
  }
  CHECK(found.failures == wanted.failures);
}

/// The symmetric solver, but it gives a lane whose first entry is above 1e5 an infinite eigenvalue.
std::pair<Tensor, Tensor> infinite_for_large(const Tensor& matrices, Wanted wanted) {
  auto [values, vectors] = eigen_routes().front()(matrices, wanted);
  const Tensor large = matrices.select(-1, 0).select(-1, 0).gt(1e5).unsqueeze(-1);
  return {values.masked_fill(large, std::numeric_limits<double>::infinity()), vectors};
}

/// The symmetric solver, but it refuses as a whole what has such a lane.
std::pair<Tensor, Tensor> refuses_large(const Tensor& matrices, Wanted wanted) {
  const bool is_large = matrices.select(-1, 0).select(-1, 0).gt(1e5).any().item<bool>();
  TORCH_CHECK_LINALG(!is_large, "linalg.eigh: the algorithm failed to converge");
  return eigen_routes().front()(matrices, wanted);
}

}  // namespace

TEST_CASE("a device decomposes all lanes at once, waits once, and gets the CPU's numbers") {
  const OneThread same_digits;
  torch::manual_seed(1);
  Tensor matrices = covariances();
  const Wanted wanted = GENERATE(Wanted::values, Wanted::values_and_vectors);
  const bool has_nan = GENERATE(false, true);
  if (has_nan) matrices[2][3][1] = std::numeric_limits<double>::quiet_NaN();
  const Tensor there = matrices.to(pretended::device);
  const auto before = pretended::counts();
  const Eigensystem found = eigh_descending(there, wanted);
  CHECK((pretended::counts() - before).waits == 1);
  check_same(found, eigh_descending(matrices, wanted));
  CHECK(found.failures[2].empty() != has_nan);
  CHECK(found.failures[1].empty());
}

TEST_CASE("a lane that fails on a device takes the next route alone, and costs the others nothing") {
  const OneThread same_digits;
  torch::manual_seed(2);
  Tensor matrices = covariances();
  matrices[3] *= 1e6;
  const Tensor there = matrices.to(pretended::device);
  for (const EigenRoute& first : {EigenRoute(infinite_for_large), EigenRoute(refuses_large)}) {
    const Eigensystem found = eigh_descending(there, Wanted::values_and_vectors, {first, eigen_routes()[1]});
    check_same(found, eigh_descending(matrices, Wanted::values_and_vectors, {first, eigen_routes()[1]}));
    CHECK(found.failures == std::vector<std::string>(lanes));
    CHECK_FALSE(found.values.isnan().any().item<bool>());
  }
  const Eigensystem lost = eigh_descending(there, Wanted::values, {infinite_for_large});
  CHECK(lost.failures[3] == "the eigensolver gave up: eigenvalues that are not finite");
  CHECK(lost.values.cpu().isnan().any(1).equal(torch::tensor({false, false, false, true, false})));
}

TEST_CASE("what no matrix is to blame for leaves a decomposition on a device as it came") {
  const EigenRoute full = [](const Tensor&, Wanted) -> std::pair<Tensor, Tensor> {
    TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory");
  };
  const Tensor there = covariances().to(pretended::device);
  CHECK_THROWS_AS(eigh_descending(there, Wanted::values, {full, eigen_routes()[0]}), c10::OutOfMemoryError);
}
