// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include "eigensweep/core/error.hpp"
#include "eigensweep/training/trainer.hpp"
#include "loaded.hpp"
#include "resolved.hpp"
#include "scratch.hpp"
#include "trainings.hpp"

using namespace eigensweep;
using namespace eigensweep::training;

TEST_CASE("snapshots are the networks of shorter trainings, alone, in a pack, after a checkpoint and in kept files") {
  const Scratch scratch;
  const auto file = scratch.path() / "pack.safetensors";
  const auto asked = [](int epochs, int snapshots, double rate) {
    Json made = config(3, 0.3, "per_seed", rate);
    made["training"]["epochs"] = epochs;
    made["training"]["snapshots"] = snapshots;
    return made;
  };
  const std::vector<std::string> trials{"a", "b"};
  const std::vector<Json> configs{asked(4, 3, 1e-3), asked(4, 3, 2e-3)};
  Trainer whole(configs, mnist(), torch::kCPU);
  REQUIRE(whole.run({}));
  REQUIRE(whole.snapshots().size() == 3);
  const auto tensors_of = [](const models::Snapshot& snapshot, std::int64_t lane) {
    std::vector<Tensor> tensors;
    for (const models::NamedTensor& named : snapshot.tensors) tensors.push_back(named.tensor[lane]);
    return tensors;
  };
  for (const std::size_t i : {0U, 1U, 2U}) {
    const int epochs = 1 << i;  // 1, 2, 4
    CHECK(whole.snapshots()[i].epochs == std::vector<std::int64_t>{epochs, epochs});
    Trainer shorter({asked(epochs, 0, 1e-3), asked(epochs, 0, 2e-3)}, mnist(), torch::kCPU);
    REQUIRE(shorter.run({}));
    for (const std::int64_t lane : {0, 1}) check_equal(tensors_of(whole.snapshots()[i], lane), weights(shorter, lane));
  }

  Trainer first(configs, mnist(), torch::kCPU);
  int steps = 0;
  Hooks stop;
  stop.should_stop = [&] { return ++steps == 10; };  // after the first snapshot
  REQUIRE_FALSE(first.run(stop));
  REQUIRE(first.snapshots().size() >= 1);
  REQUIRE(first.snapshots().size() < 3);
  first.save(file, trials);
  Trainer second(configs, mnist(), torch::kCPU);
  second.load(file, trials);
  REQUIRE(second.run({}));
  REQUIRE(second.snapshots().size() == 3);

  std::vector<models::TensorFile> kept;
  for (const std::int64_t lane : {0, 1}) {
    kept.push_back(models::lane_of(whole.model(), lane));
    CHECK(models::kept_snapshots(whole.model(), kept).empty());
    models::keep_snapshots(whole.snapshots(), lane, kept.back());
    models::write_tensors(file, kept.back());
    kept.back() = models::read_tensors(file);
  }
  const std::vector<models::Snapshot> read = models::kept_snapshots(whole.model(), kept);
  REQUIRE(read.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(read[i].epochs == whole.snapshots()[i].epochs);
    CHECK(second.snapshots()[i].epochs == whole.snapshots()[i].epochs);
    for (const std::int64_t lane : {0, 1}) {
      check_equal(tensors_of(read[i], lane), tensors_of(whole.snapshots()[i], lane));
      check_equal(tensors_of(second.snapshots()[i], lane), tensors_of(whole.snapshots()[i], lane));
    }
  }
  models::return_to(first.model(), read[0]);
  check_equal(weights(first, 1), tensors_of(whole.snapshots()[0], 1));
}

TEST_CASE("snapshots of a lane that ended early are the network it ended with") {
  Json ends = config(3, 0), goes_on = config(3, 0, "per_seed", 1e-4);
  for (Json* one : {&ends, &goes_on}) {
    (*one)["training"]["epochs"] = 4;
    (*one)["training"]["snapshots"] = 3;
    (*one)["training"]["stop_loss"] = 1e6;
  }
  goes_on["training"]["stop_loss"] = 0.0;
  Trainer pack({ends, goes_on}, mnist(), torch::kCPU);
  REQUIRE(pack.run({}));
  REQUIRE(pack.snapshots().size() == 3);
  CHECK(pack.snapshots()[2].epochs == std::vector<std::int64_t>{1, 4});
  for (const models::Snapshot& snapshot : pack.snapshots()) {
    CHECK(torch::equal(snapshot.tensors.front().tensor[0], weights(pack, 0).front()));
  }
  Trainer alone({ends}, mnist(), torch::kCPU);
  REQUIRE(alone.run({}));
  REQUIRE(alone.snapshots().size() == 3);
  CHECK(alone.snapshots()[2].epochs == std::vector<std::int64_t>{1});
}

TEST_CASE("snapshots are evenly spaced in the epochs' logarithm") {
  CHECK(models::log_spaced_epochs(1000, 4) == std::vector<std::int64_t>{1, 10, 100, 1000});
  CHECK(models::log_spaced_epochs(8, 7) == std::vector<std::int64_t>{1, 2, 3, 4, 6, 8});
  CHECK(models::log_spaced_epochs(5, 1) == std::vector<std::int64_t>{1});
  CHECK(models::log_spaced_epochs(5, 0).empty());
}
