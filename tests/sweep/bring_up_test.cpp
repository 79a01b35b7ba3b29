// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cmath>

#include "eigensweep/sweep/job/bring_up.hpp"
#include "scratch.hpp"

using namespace eigensweep;
using namespace eigensweep::sweep;

namespace {

wire::Introduction rank_with(int rank, const std::string& host, const std::string& device, const std::string& gpu = "",
                             const std::string& name = "", double memory = 40e9) {
  wire::Introduction made;
  made.rank = rank;
  made.host = host;
  made.build = "0.1.0 (abc)";
  made.study = "s";
  wire::WorkerPlace place;
  place.rank = rank;
  place.host = host;
  place.device = device;
  place.gpu = gpu;
  place.gpu_name = name;
  place.memory = memory;
  made.places.push_back(place);
  return made;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("equal ranks have nothing to complain about") {
  const Findings findings =
      compare({rank_with(0, "n1", "cuda:0", "GPU-a", "A100"), rank_with(1, "n1", "cuda:1", "GPU-b", "A100")});
  CHECK(findings.problems.empty());
  CHECK(findings.warnings.empty());
}

TEST_CASE("ranks of two builds or with two studies are refused") {
  auto other = rank_with(1, "n2", "cpu");
  other.build = "0.2.0 (def)";
  CHECK(compare({rank_with(0, "n1", "cpu"), other}).problems ==
        Lines{"rank 1 on n2: runs eigensweep 0.2.0 (def), but rank 0 runs 0.1.0 (abc) (they would misunderstand each "
              "other); "
              "install one build where all nodes see it"});
  other = rank_with(1, "n2", "cpu");
  other.study = "t";
  CHECK(
      compare({rank_with(0, "n1", "cpu"), other}).problems ==
      Lines{
          "rank 1 on n2: reads another study file than rank 0 (an old copy, or another command line); put it where all "
          "nodes see the same one"});
  other.study = "";  // only rank 0 needs the study file
  CHECK(compare({rank_with(0, "n1", "cpu"), other}).problems.empty());
}

TEST_CASE("a rank that cannot work says why") {
  auto other = rank_with(1, "n2", "cpu");
  other.places.clear();
  other.problem = "no worker";
  CHECK(compare({rank_with(0, "n1", "cpu"), other}).problems == Lines{"rank 1 on n2: no worker"});
  other.rank = 0;
  CHECK(compare({other}).problems == Lines{"no worker"});
}

TEST_CASE("a rank without a GPU among ranks with one is refused") {
  CHECK(
      compare({rank_with(0, "n1", "cuda:0"), rank_with(1, "n2", "cpu"), rank_with(2, "n3", "cuda:0")}).problems ==
      Lines{
          "rank 1 on n2: no GPU is visible, while 2 of 3 ranks have one (it would still train on the CPU when they are "
          "done); check how many GPUs the job asks for on that node, or use --device cpu for all"});
}

TEST_CASE("two workers on one GPU are noticed by its name, whatever index they call it by") {
  CHECK(compare({rank_with(0, "n1", "cuda:0", "GPU-a", "A100"), rank_with(1, "n1", "cuda:1", "GPU-a", "A100")})
            .warnings ==
        Lines{"n1: 2 workers (ranks 0 to 1) share cuda:0, GPU-a (they slow each other down); start one rank per GPU"});
  // With --gpus-per-task every rank calls its own GPU number 0.
  CHECK(compare({rank_with(0, "n1", "cuda:0", "GPU-a", "A100"), rank_with(1, "n1", "cuda:0", "GPU-b", "A100")})
            .warnings.empty());
  // Without ids, equal indices count as one GPU on one node, but not on two nodes.
  CHECK(compare({rank_with(0, "n1", "cuda:0"), rank_with(1, "n1", "cuda:0")}).warnings.size() == 1);
  CHECK(compare({rank_with(0, "n1", "cuda:0"), rank_with(1, "n2", "cuda:0")}).warnings.empty());
}

TEST_CASE("workers on one GPU share its memory") {
  const auto memories = [](const std::vector<wire::Introduction>& ranks) {
    std::vector<double> bytes;
    for (const wire::WorkerPlace& place : places_of(ranks)) bytes.push_back(place.memory);
    return bytes;
  };
  CHECK(memories({rank_with(0, "n1", "cuda:0", "GPU-a", "A100", 80e9),
                  rank_with(1, "n1", "cuda:1", "GPU-a", "A100", 80e9),
                  rank_with(2, "n1", "cuda:0", "GPU-b", "A100", 80e9)}) == std::vector<double>{40e9, 40e9, 80e9});
  CHECK(memories({rank_with(0, "n1", "cuda:0", "", "", 80e9), rank_with(1, "n2", "cuda:0", "", "", 80e9)}) ==
        std::vector<double>{80e9, 80e9});
  // The memory of the machine is divided where the workers are placed.
  CHECK(memories({rank_with(0, "n1", "cpu", "", "", 8e9), rank_with(1, "n1", "cpu", "", "", 8e9)}) ==
        std::vector<double>{8e9, 8e9});
}

TEST_CASE("packs are made for the device of the workers") {
  const auto made = [](const std::vector<wire::Introduction>& ranks) { return made_for(places_of(ranks)); };
  const auto cpu = rank_with(0, "n1", "cpu"), gpu = rank_with(1, "n2", "cuda:0", "GPU-a", "A100");
  CHECK(made({cpu}).profile.full_step_flops == study::cpu_core.full_step_flops);
  CHECK(made({cpu}).told().is_null());
  CHECK(made({cpu}).words().empty());
  CHECK(made({gpu, gpu}).profile.full_step_flops == study::stated_gpu.full_step_flops);
  CHECK(made({gpu, gpu}).told().at("profile") == "stated");
  CHECK(made({cpu, gpu}).profile.full_step_flops == study::cpu_core.full_step_flops);
  auto fast = gpu, slow = rank_with(2, "n3", "cuda:0", "GPU-b", "Small");
  fast.places.front().speed = {4.1e13, 5e-6};
  slow.places.front().speed = {4.1e12, 5e-6};
  const MadeFor device = made({fast, slow});
  CHECK(device.profile.flops_per_second == std::exp2(42));
  CHECK(device.told() == Json{{"device", "Small"},
                              {"profile", "measured"},
                              {"flops_per_second", std::exp2(42)},
                              {"step_overhead_flops", std::exp2(30)},
                              {"full_step_flops", std::exp2(30) * (5e10 / 1.5e10)},
                              {"most_useful_lanes", 1024}});
  CHECK(device.words() == "Small, measured: about 4.4 TFLOP/s, 0.244 ms for a step beside its networks' own work");
  CHECK(made({fast, slow}).words() == made({slow, fast}).words());
}

TEST_CASE("mixed GPUs are named") {
  CHECK(compare({rank_with(0, "n1", "cuda:0", "GPU-a", "A100"), rank_with(1, "n2", "cuda:0", "GPU-b", "H100", 80e9),
                 rank_with(2, "n2", "cuda:1", "GPU-c", "H100", 80e9)})
            .warnings ==
        Lines{"GPUs of different kinds: 1 x A100 with 37.3 GiB for packs, 2 x H100 with 74.5 GiB for packs "
              "(packs are made for the smallest memory, and times differ); ask for nodes of one kind"});
}

TEST_CASE("a mask of visible GPUs is read as the driver reads it") {
  const std::vector<Gpu> all{{"GPU-aa", "A"}, {"GPU-bb", "B"}, {"GPU-bc", "C"}};
  const auto names = [&](const std::string& visible) {
    std::string text;
    for (const Gpu& gpu : visible_gpus(all, visible)) text += gpu.name;
    return text;
  };
  CHECK(names("") == "ABC");
  CHECK(names("2, 0") == "CA");
  CHECK(names("GPU-bb,GPU-a") == "BA");
  CHECK(names("7").empty());
  CHECK(names("0,MIG-x").empty());
}

TEST_CASE("a folder is probed by writing, and left as it was") {
  const Scratch scratch;
  CHECK(probe_folder(scratch.path()).empty());
  CHECK(std::filesystem::is_empty(scratch.path()));
  CHECK_THAT(probe_folder("/proc"), Catch::Matchers::StartsWith("/proc: cannot write there: ") &&
                                        Catch::Matchers::EndsWith("; make it writable or choose another --output"));
}
