// SPDX-License-Identifier: MIT
#include "eigensweep/training/trainer.hpp"
#include <catch2/catch.hpp>
#include "eigensweep/core/error.hpp"
#include "loaded.hpp"
#include "resolved.hpp"
#include "scratch.hpp"
#include "trainings.hpp"

using namespace eigensweep;
using namespace eigensweep::training;

TEST_CASE("a penalty that takes its eigenvectors from the Gram matrix says so") {
  const data::DeviceDataset few(loaded({{"kind", "mnist"}, {"train_samples", 20}, {"test_samples", 10}}), torch::kCPU);
  Json wide = config(1, 1.0);
  wide["training"]["batch_size"] = 20;
  Trainer trainer({wide}, few, torch::kCPU);
  CHECK(trainer.remarks().empty());
  REQUIRE(trainer.run({}));
  CHECK(trainer.histories()[0].diverged.empty());
  const std::string words =
      "a layer of 32 units has only 20 training samples, so its eigenvectors come from the samples' Gram matrix (dual "
      "form)";
  const std::vector<std::string> remarks{"spectral: " + words + "; " + words};
  CHECK(trainer.remarks() == remarks);

  // The remark is the same if a restart comes within the last epoch.
  const Scratch scratch;
  wide["training"]["batch_size"] = 10;
  Trainer part({wide}, few, torch::kCPU);
  int steps = 0;
  Hooks hooks;
  hooks.should_stop = [&] { return ++steps == 3; };
  REQUIRE_FALSE(part.run(hooks));
  part.save(scratch.path() / "checkpoint", {"a"});
  Trainer rest({wide}, few, torch::kCPU);
  rest.load(scratch.path() / "checkpoint", {"a"});
  REQUIRE(rest.run({}));
  CHECK(rest.remarks() == remarks);
}

TEST_CASE("a trial trained alone and in packs of 3 and 8 begins equal bit for bit and has the same losses") {
  for (const char* order : {"per_seed", "shared"}) {
    Trainer alone({config(4, 0.3, order)}, mnist(), torch::kCPU);
    const std::vector<Tensor> initial = weights(alone, 0);
    alone.run({});
    for (const std::size_t size : {3, 8}) {
      std::vector<Json> configs;
      for (std::size_t lane = 0; lane < size; ++lane)
        configs.push_back(config(1 + lane / 2, 0.1 * (1.0 + lane), order));
      const std::size_t place = size - 2;
      configs[place] = config(4, 0.3, order);
      Trainer pack(configs, mnist(), torch::kCPU);
      check_equal(weights(pack, static_cast<std::int64_t>(place)), initial);
      pack.run({});
      const LaneHistory& expected = alone.histories()[0];
      const LaneHistory& found = pack.histories()[place];
      REQUIRE(found.loss.size() == 2);
      for (std::size_t epoch = 0; epoch < 2; ++epoch) {
        CHECK(found.loss[epoch] == Approx(expected.loss[epoch]).epsilon(1e-4));
        CHECK(found.task_loss[epoch] == Approx(expected.task_loss[epoch]).epsilon(1e-4));
        CHECK(found.penalty[epoch] == Approx(expected.penalty[epoch]).epsilon(1e-4));
      }
      CHECK(pack.histories()[0].loss != found.loss);
    }
  }
}

TEST_CASE("lanes with learning rates of their own train as they would alone") {
  Trainer pack({config(1, 0, "per_seed", 1e-3), config(1, 0, "per_seed", 5e-3)}, mnist(), torch::kCPU);
  pack.run({});
  for (const double rate : {1e-3, 5e-3}) {
    Trainer alone({config(1, 0, "per_seed", rate)}, mnist(), torch::kCPU);
    alone.run({});
    CHECK(pack.histories()[rate == 1e-3 ? 0 : 1].loss[1] == Approx(alone.histories()[0].loss[1]).epsilon(1e-4));
  }
}

TEST_CASE("a training that was stopped and continued equals an undisturbed one bit for bit") {
  const Scratch scratch;
  const auto file = scratch.path() / "pack.safetensors";
  const std::vector<Json> configs{config(1, 0.3), config(1, 1.0), config(2, 0.3)};
  const std::vector<std::string> trials{"a", "b", "c"};
  Trainer whole(configs, mnist(), torch::kCPU);
  CHECK(whole.run({}));
  for (const int stop_after :
       {1, 4, 5, 7}) {  // an epoch has 5 steps: in the middle, one before its end, at it, in the next
    {
      Trainer part(configs, mnist(), torch::kCPU);
      int steps = 0;
      Hooks hooks;
      hooks.should_stop = [&] { return ++steps == stop_after; };
      CHECK_FALSE(part.run(hooks));
      part.save(file, trials);
    }
    Trainer rest(configs, mnist(), torch::kCPU);
    rest.load(file, trials);
    CHECK(rest.run({}));
    for (std::int64_t lane = 0; lane < 3; ++lane) {
      check_equal(weights(rest, lane), weights(whole, lane));
      CHECK(rest.histories()[static_cast<std::size_t>(lane)].loss ==
            whole.histories()[static_cast<std::size_t>(lane)].loss);
    }
  }
  Trainer other({config(1, 0.3)}, mnist(), torch::kCPU);
  CHECK_THROWS_WITH(other.load(file, {"z"}), Catch::Contains("it is a checkpoint of other trials; delete it"));
}

TEST_CASE("a lane that reaches its loss is kept as it was then, alone and in a pack, and after a checkpoint") {
  Json early = config(1, 0, "per_seed", 1e-2);
  early["training"]["epochs"] = 6;
  Json late = early;
  late["seed"] = 2;
  Trainer whole({early, late}, mnist(), torch::kCPU);
  REQUIRE(whole.run({}));
  const std::vector<double> losses = whole.histories()[0].task_loss;
  early["training"]["stop_loss"] = losses[2];  // its third epoch
  late["training"]["stop_loss"] = losses[2];
  Trainer alone({early}, mnist(), torch::kCPU);
  REQUIRE(alone.run({}));
  CHECK(alone.histories()[0].task_loss.size() == 3);
  CHECK(alone.histories()[0].diverged.empty());
  Json three = early;
  three["training"]["stop_loss"] = 0.0;
  three["training"]["epochs"] = 3;
  Trainer wanted({three}, mnist(), torch::kCPU);
  REQUIRE(wanted.run({}));
  check_equal(weights(alone, 0), weights(wanted, 0));

  Json never = late;
  never["training"]["stop_loss"] = 1e-9;
  Trainer pack({early, never}, mnist(), torch::kCPU);
  int steps = 0;
  Hooks stopping;
  stopping.should_stop = [&] { return ++steps == 4 * 5 + 2; };  // two epochs after the first lane's end
  CHECK_FALSE(pack.run(stopping));
  const Scratch scratch;
  pack.save(scratch.path() / "checkpoint", {"a", "b"});
  Trainer continued({early, never}, mnist(), torch::kCPU);
  continued.load(scratch.path() / "checkpoint", {"a", "b"});
  REQUIRE(continued.run({}));
  CHECK(continued.histories()[0].task_loss.size() == 3);
  CHECK(continued.histories()[1].task_loss.size() == 6);
  for (std::size_t i = 0; i < weights(wanted, 0).size(); ++i) {
    CHECK((weights(continued, 0)[i] - weights(wanted, 0)[i]).abs().max().item<double>() < 1e-5);
  }
}

TEST_CASE("the learning rate of mup is the base width's whatever the width, and the task's loss counts 1 / a^2") {
  Json lazy = config(1, 0);
  lazy["model"].update(
      {{"output_scale", 100.0}, {"centre_output", true}, {"parametrisation", "ntk"}, {"weight_variance", 1.0}});
  lazy["training"].update({{"loss", "mse"}, {"target_offset", 0.1}});
  Trainer trainer({lazy}, mnist(), torch::kCPU);
  double first_loss = 0, minimised = 0;
  Hooks hooks;
  hooks.trace = [&](std::int64_t step, std::int64_t, const StepResult* result) {
    if (step != 1) return;
    first_loss = result->task_loss.item<double>();
    minimised = result->loss().item<double>();
  };
  REQUIRE(trainer.run(hooks));
  CHECK(first_loss == Approx(0.9 * 0.9 / 10 + 0.1 * 0.1 * 0.9).epsilon(1e-6));  // outputs are 0: targets -0.1 and 0.9
  CHECK(minimised == Approx(first_loss / 1e4).epsilon(1e-6));
  CHECK(trainer.histories()[0].task_loss.back() < first_loss);

  Json wide = config(1, 0);
  wide["model"].update({{"width", 128}, {"base_width", 32}, {"parametrisation", "mup"}, {"weight_variance", 1.0}});
  wide["training"]["rate_rule"] = "mup";
  Trainer scaled({wide}, mnist(), torch::kCPU);
  std::vector<double> rates;
  for (const auto& named : scaled.model().parameters()) rates.push_back(named.rate);
  CHECK(rates == std::vector<double>{1, 1, 0.25, 1, 1, 1});
}

TEST_CASE("a lane that diverges says why and leaves its neighbours alone") {
  Trainer alone({config(2, 0.3)}, mnist(), torch::kCPU);
  alone.run({});
  Trainer pack({config(1, 0.3, "per_seed", 3e38), config(2, 0.3)}, mnist(), torch::kCPU);
  CHECK(pack.run({}));
  CHECK_THAT(pack.histories()[0].diverged, Catch::Contains("in epoch 1 of 2") || Catch::Contains("in epoch 2 of 2"));
  CHECK(pack.histories()[1].diverged.empty());
  CHECK(pack.histories()[1].loss[1] == Approx(alone.histories()[0].loss[1]).epsilon(1e-4));
}

TEST_CASE("the order of samples is a function of seed and epoch alone and covers every sample once") {
  Batches batches(mnist(), {5, 5, 6}, 128, false);
  CHECK(batches.count() == 5);
  CHECK(batches.samples() == 600);
  batches.begin_epoch(3);
  Tensor labels = torch::zeros({3, 0}, torch::kInt64);
  for (std::int64_t step = 0; step < 5; ++step) {
    const Batch batch = batches.at(step);
    CHECK(batch.inputs.x.size(0) == 2);
    CHECK(batch.inputs.lanes == std::vector<std::int64_t>{2, 1});
    labels = torch::cat({labels, batch.targets.at("labels")}, 1);
  }
  CHECK(torch::equal(labels[0], labels[1]));
  CHECK_FALSE(torch::equal(labels[0], labels[2]));
  const Tensor sorted = std::get<0>(mnist().train_labels.sort());
  for (std::int64_t lane = 0; lane < 3; ++lane) CHECK(torch::equal(std::get<0>(labels[lane].sort()), sorted));
  Batches dropped(mnist(), {5}, 128, true);
  CHECK(dropped.count() == 4);
  CHECK(dropped.samples() == 512);
}
