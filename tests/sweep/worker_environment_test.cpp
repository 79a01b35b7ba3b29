// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/process/worker_environment.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace eigensweep::sweep;

TEST_CASE("a worker's environment has its own threads in it and nothing that a site says of threads") {
  const std::vector<std::string> site{"OMP_PROC_BIND=true",     "OMP_PLACES=cores",     "OMP_NUM_THREADS=64",
                                      "MKL_NUM_THREADS=64",     "KMP_AFFINITY=compact", "GOMP_CPU_AFFINITY=0",
                                      "OMP_WAIT_POLICY=active", "KMP_BLOCKTIME=200",    "OMP_DYNAMIC=true"};
  std::vector<std::string> all = site;
  const std::vector<std::string> others{"PATH=/bin", "MKL_CBWR=AVX2",   "KMP_DUPLICATE_LIB_OK=TRUE", "OMP_STACKSIZE=8M",
                                        "EMPTY=",    "MY_OMP_PLACES=x", "CUDA_VISIBLE_DEVICES=1",    "WITH=a=b"};
  all.insert(all.begin() + 3, others.begin(), others.end());
  const std::vector<std::string> made = worker_environment(all, 3);
  const auto has = [&](const std::string& variable) { return std::count(made.begin(), made.end(), variable) == 1; };
  for (const std::string& variable : site) CHECK_FALSE(has(variable));
  for (const std::string& variable : others) CHECK(has(variable));
  for (const char* own : {"OMP_NUM_THREADS=3", "OMP_WAIT_POLICY=passive", "GOMP_SPINCOUNT=1000"}) CHECK(has(own));
}

TEST_CASE("LibTorch's allocator on a GPU grows its segments, unless the user has set it up") {
  const std::string ours = "PYTORCH_ALLOC_CONF=expandable_segments:True";
  const std::vector<std::string> made = worker_environment({"PATH=/bin"}, 1);
  CHECK(std::count(made.begin(), made.end(), ours) == 1);
  for (const char* theirs :
       {"PYTORCH_ALLOC_CONF=max_split_size_mb:64", "PYTORCH_CUDA_ALLOC_CONF=max_split_size_mb:64"}) {
    const std::vector<std::string> kept = worker_environment({theirs}, 1);
    CHECK(std::count(kept.begin(), kept.end(), theirs) == 1);
    CHECK(std::count(kept.begin(), kept.end(), ours) == 0);
  }
}

TEST_CASE("this process's environment is read whole") {
  ::setenv("EIGENSWEEP_A_TEST", "1", 1);
  const std::vector<std::string> own = own_environment();
  CHECK(std::find(own.begin(), own.end(), "EIGENSWEEP_A_TEST=1") != own.end());
  ::unsetenv("EIGENSWEEP_A_TEST");
}
