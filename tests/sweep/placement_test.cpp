// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "eigensweep/core/error.hpp"
#include "eigensweep/sweep/job/placement.hpp"

using namespace eigensweep;
using namespace eigensweep::sweep;

namespace {

Surroundings machine(std::size_t cores, std::size_t gpus) {
  Surroundings around;
  around.host = "node1";
  around.cores = cores;
  around.cpus.resize(cores);
  std::iota(around.cpus.begin(), around.cpus.end(), 0);
  around.memory = 100;
  around.device_memory.assign(gpus, 10.0);
  return around;
}

}  // namespace

TEST_CASE("without a launcher there is a worker per GPU, or per core on a machine without") {
  auto places = place_workers({}, machine(8, 2), 0);
  REQUIRE(places.size() == 2);
  CHECK(places[0].device == "cuda:0");
  CHECK(places[1].device == "cuda:1");
  CHECK(places[1].threads == 4);
  CHECK(places[1].memory == Approx(6));
  places = place_workers({}, machine(8, 0), 0);
  REQUIRE(places.size() == 8);
  CHECK(places[7].device == "cpu");
  CHECK(places[7].threads == 1);
  CHECK(places[7].memory == Approx(7.5));
}

TEST_CASE("what the user asks for decides") {
  PlacementRequest request;
  request.device = "cpu";
  request.workers = 2;
  auto places = place_workers(request, machine(8, 2), 0);
  REQUIRE(places.size() == 2);
  CHECK(places[0].device == "cpu");
  CHECK(places[0].threads == 4);
  request.threads = 3;
  CHECK(place_workers(request, machine(8, 2), 0)[1].threads == 3);
  request.device = "cuda";
  CHECK_THROWS_WITH(place_workers(request, machine(8, 0), 0),
                    "node1: no GPU is visible (--device cuda asks for one); check nvidia-smi and CUDA_VISIBLE_DEVICES, "
                    "or use --device cpu");
}

TEST_CASE("under a launcher a rank has one worker, a GPU by its place on the node, and its share of the cores") {
  Surroundings around = machine(4, 4);
  around.is_launched = true;
  around.node_rank = 3;
  auto places = place_workers({}, around, 11);
  REQUIRE(places.size() == 1);
  CHECK(places[0].rank == 11);
  CHECK(places[0].device == "cuda:3");
  CHECK(places[0].threads == 4);
  SECTION("each rank sees only its own GPU") {
    around.device_memory.resize(1);
    CHECK(place_workers({}, around, 11)[0].device == "cuda:0");
  }
  SECTION("mpirun bound each rank to a core of its own") {
    around.cores = 1;
    around.cpus = {3};
    CHECK(place_workers({}, around, 11)[0].threads == 1);
    CHECK(place_workers({}, around, 11)[0].cpus == std::vector<int>{3});
  }
}

TEST_CASE("few packs get all the cores") {
  auto places = place_workers({}, machine(8, 0), 0);
  Share share;
  share.cores = 8;
  share.cpus = {0, 1, 2, 3, 4, 5, 6, 7};
  keep_only(places, 2, {}, share);
  REQUIRE(places.size() == 2);
  CHECK(places[0].threads == 4);
  CHECK(places[0].cpus == std::vector<int>{0, 1, 2, 3});
  CHECK(places[1].cpus == std::vector<int>{4, 5, 6, 7});
  keep_only(places, 5, {}, share);
  CHECK(places.size() == 2);
}

TEST_CASE("workers have CPUs of their own, unless they are asked to have more threads than there are CPUs") {
  PlacementRequest request;
  for (const std::size_t cores : {1U, 2U, 3U, 8U}) {
    for (const std::size_t workers : {1U, 2U, 3U, 5U}) {
      request.workers = workers;
      const auto places = place_workers(request, machine(cores, 0), 0);
      std::vector<int> all;
      for (const wire::WorkerPlace& place : places) all.insert(all.end(), place.cpus.begin(), place.cpus.end());
      std::sort(all.begin(), all.end());
      const std::vector<int> once = machine(cores, 0).cpus;
      if (workers <= cores) CHECK(all == once);
      if (workers > cores) CHECK(places.back().cpus == once);
    }
  }
  request.workers = 2;
  request.threads = 4;
  CHECK(place_workers(request, machine(4, 0), 0)[1].cpus == std::vector<int>{0, 1, 2, 3});
  request.threads = 1;
  CHECK(place_workers(request, machine(4, 0), 0)[1].cpus == std::vector<int>{2, 3});
}

TEST_CASE("a quota below the mask leaves the kernel a choice of CPUs") {
  Surroundings around = machine(8, 0);
  around.cores = 2;
  const auto places = place_workers({}, around, 0);
  REQUIRE(places.size() == 2);
  CHECK(places[0].threads == 1);
  CHECK(places[0].cpus == std::vector<int>{0, 1, 2, 3});
  CHECK(places[1].cpus == std::vector<int>{4, 5, 6, 7});
}

TEST_CASE("the placement table joins equal places") {
  Surroundings around = machine(4, 0);
  CHECK(placement_table(place_workers({}, around, 0)) ==
        std::vector<std::string>{"workers 0-3 (rank 0) on node1: cpu, 1 thread each, each on its own of CPUs 0-3"});
  PlacementRequest request;
  request.workers = 2;
  request.threads = 4;
  CHECK(placement_table(place_workers(request, around, 0)) ==
        std::vector<std::string>{"workers 0-1 (rank 0) on node1: cpu, 4 threads each, all on CPUs 0-3"});
  around = machine(2, 1);
  around.is_launched = true;
  auto places = place_workers({}, around, 0);
  CHECK(placement_table(places) ==
        std::vector<std::string>{"worker 0 (rank 0) on node1: cuda:0, 2 threads, on CPUs 0-1"});
  around.node_rank = 1;
  around.cpus = {2, 3};
  const auto more = place_workers({}, around, 1);
  places.insert(places.end(), more.begin(), more.end());
  CHECK(placement_table(places) ==
        std::vector<std::string>{
            "workers 0-1 (ranks 0-1) on node1: cuda:0, 2 threads each, each on its own of CPUs 0-3"});
}

TEST_CASE("serial MPI inside a parallel srun is refused") {
  CHECK(refuse_serial_mpi(4, "4").empty());
  CHECK(refuse_serial_mpi(1, "1").empty());
  CHECK(refuse_serial_mpi(1, nullptr).empty());
  CHECK(refuse_serial_mpi(1, "4") ==
        "MPI sees one rank in an srun of 4 tasks (each would run the whole study); start with `srun --mpi=pmix` "
        "(`srun --mpi=list` shows what there is), or with mpirun");
}
