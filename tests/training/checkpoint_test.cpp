// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/store/safetensors.hpp"
#include "eigensweep/training/trainer.hpp"
#include "scratch.hpp"
#include "tiny_pack.hpp"

using namespace eigensweep;
using namespace eigensweep::training;

namespace {

const std::vector<std::string> ab{"a", "b"};

/// A checkpoint after `steps` of the tiny pack's 8 steps.
models::TensorFile checkpoint_after(int steps, const std::filesystem::path& file) {
  Trainer trainer(tiny_pack::configs(), tiny_pack::dataset(), torch::kCPU);
  Hooks hooks;
  hooks.should_stop = [&] { return --steps == 0; };
  REQUIRE_FALSE(trainer.run(hooks));
  trainer.save(file, ab);
  return models::read_tensors(file);
}

Tensor& tensor_of(models::TensorFile& content, const std::string& name) {
  for (models::NamedTensor& named : content.tensors) {
    if (named.name == name) return named.tensor;
  }
  throw std::runtime_error("no tensor " + name);
}

/// Changes what the checkpoint says of its place in the training.
void change_position(models::TensorFile& content, const std::function<void(Json&)>& change) {
  Json position = Json::parse(content.metadata.at("position"));
  change(position);
  content.metadata["position"] = position.dump();
}

void check_same_training(Trainer& one, Trainer& other) {
  REQUIRE(one.run({}));
  REQUIRE(other.run({}));
  for (std::size_t i = 0; i < one.model().parameters().size(); ++i) {
    CHECK(torch::equal(one.model().parameters()[i].tensor, other.model().parameters()[i].tensor));
  }
  CHECK(one.snapshots().size() == other.snapshots().size());
}

/// Every number of every epoch. `tolerance`: of the losses, relative.
void check_same_histories(const Trainer& one, const Trainer& other, double tolerance = 0) {
  for (std::size_t lane = 0; lane < one.histories().size(); ++lane) {
    const LaneHistory &ours = one.histories()[lane], &theirs = other.histories()[lane];
    CHECK(ours.train_accuracy == theirs.train_accuracy);
    for (const auto part : {&LaneHistory::loss, &LaneHistory::task_loss, &LaneHistory::penalty}) {
      REQUIRE((ours.*part).size() == (theirs.*part).size());
      for (std::size_t epoch = 0; epoch < (ours.*part).size(); ++epoch) {
        CHECK(std::abs((ours.*part)[epoch] - (theirs.*part)[epoch]) <= tolerance * std::abs((theirs.*part)[epoch]));
      }
    }
  }
}

/// The checkpoint as version 1 wrote it: with the sums of the open epoch, and without the losses of its steps.
void to_first_version(models::TensorFile& content, double samples_of_step) {
  change_position(content, [](Json& json) { json["format"] = "eigensweep-checkpoint-1"; });
  const auto sum_of = [&](const char* name) {
    const Tensor* losses = content.find(name);
    return losses == nullptr ? torch::zeros({2}, torch::kFloat64)
                             : losses->to(torch::kFloat64).sum(0) * samples_of_step;
  };
  const Tensor task = sum_of("task_losses"), penalty = sum_of("penalties");
  Tensor& sums = tensor_of(content, "sums");
  sums = torch::stack({task + penalty, task, penalty, sums[3]});
  std::erase_if(content.tensors,
                [](const auto& named) { return named.name == "task_losses" || named.name == "penalties"; });
}

}  // namespace

TEST_CASE("a checkpoint after any step goes on as if nothing had been, with every kind of state in it") {
  const Scratch scratch;
  const auto file = scratch.path() / "pack.safetensors";
  for (int steps = 1; steps < 8; ++steps) {
    checkpoint_after(steps, file);
    Trainer whole(tiny_pack::configs(), tiny_pack::dataset(), torch::kCPU);
    Trainer rest(tiny_pack::configs(), tiny_pack::dataset(), torch::kCPU);
    rest.load(file, ab);
    check_same_training(rest, whole);
    check_same_histories(rest, whole);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(rest.snapshots()[i].epochs == whole.snapshots()[i].epochs);
      for (std::size_t k = 0; k < rest.snapshots()[i].tensors.size(); ++k) {
        CHECK(torch::equal(rest.snapshots()[i].tensors[k].tensor, whole.snapshots()[i].tensors[k].tensor));
      }
    }
  }
}

TEST_CASE(
    "a checkpoint inside an epoch keeps eigenvectors of bfloat16, as float32, and goes on with the same numbers") {
  const Scratch scratch;
  const auto file = scratch.path() / "pack.safetensors";
  std::vector<Json> configs = tiny_pack::configs();
  for (Json& config : configs) config["regularizers"]["spectral"]["compute"] = "bfloat16";
  Trainer whole(configs, tiny_pack::dataset(), torch::kCPU), stopped(configs, tiny_pack::dataset(), torch::kCPU),
      rest(configs, tiny_pack::dataset(), torch::kCPU);
  Hooks hooks;
  hooks.should_stop = [steps = 0]() mutable { return ++steps == 3; };
  REQUIRE_FALSE(stopped.run(hooks));
  stopped.save(file, ab);
  CHECK(models::read_tensors(file).at("regularizer.0.basis.0").scalar_type() == torch::kFloat32);
  rest.load(file, ab);
  check_same_training(rest, whole);
  check_same_histories(rest, whole);
}

TEST_CASE("a checkpoint of version 1 goes on with the losses of its open epoch") {
  const Scratch scratch;
  const auto file = scratch.path() / "pack.safetensors";
  models::TensorFile content = checkpoint_after(1, file);
  REQUIRE(content.find("task_losses") != nullptr);
  to_first_version(content, 3);
  models::write_tensors(file, content);
  Trainer whole(tiny_pack::configs(), tiny_pack::dataset(), torch::kCPU);
  Trainer rest(tiny_pack::configs(), tiny_pack::dataset(), torch::kCPU);
  rest.load(file, ab);
  check_same_training(rest, whole);
  check_same_histories(rest, whole, 1e-12);
}

TEST_CASE("a checkpoint that this training could not have written is refused in one line and leaves a new trainer") {
  const Scratch scratch;
  const auto file = scratch.path() / "pack.safetensors";
  using Change = std::function<void(models::TensorFile&)>;
  const auto position = [](std::function<void(Json&)> change) -> Change {
    return [change = std::move(change)](models::TensorFile& content) { change_position(content, change); };
  };
  // After three steps: in the second epoch, with one snapshot, the second lane ended.
  const std::vector<std::pair<const char*, Change>> cases{
      {"it was trained on other data", position([](Json& json) { json["dataset_sha256"] = "cafe"; })},
      // copy_() would broadcast one number and convert another type, so both must be refused first.
      {"tensor 'parameter.0.weight' has another shape",
       [](auto& content) { tensor_of(content, "parameter.0.weight") = torch::zeros({1}); }},
      {"tensor 'parameter.0.weight' has another type",
       [](auto& content) {
         Tensor& tensor = tensor_of(content, "parameter.0.weight");
         tensor = tensor.to(torch::kFloat64);
       }},
      {"tensor 'buffer.2.running_mean' has another shape",
       [](auto& content) {
         tensor_of(content, "buffer.2.running_mean") = torch::zeros({2, 4});
       }},
      {"tensor 'optimizer.started' has another shape",
       [](auto& content) { tensor_of(content, "optimizer.started") = torch::zeros({2}, torch::kInt64); }},
      {"tensor 'sums' is missing",
       [](auto& content) { std::erase_if(content.tensors, [](const auto& named) { return named.name == "sums"; }); }},
      {"its losses are of other steps",
       [](auto& content) {
         tensor_of(content, "task_losses") = torch::zeros({2, 2});
       }},
      {"its losses are of other steps",
       [](auto& content) {
         tensor_of(content, "task_losses") = torch::zeros({1, 3});
       }},
      {"its losses are of other steps",
       [](auto& content) {
         tensor_of(content, "penalties") = torch::zeros({1, 2}, torch::kInt64);
       }},
      {"its losses are of other steps", [](auto& content) { tensor_of(content, "penalties") = torch::zeros({2}); }},
      {"tensor 'regularizer.0.basis.0' has another shape",
       [](auto& content) {
         tensor_of(content, "regularizer.0.basis.0") = torch::zeros({2, 3, 2});
       }},
      {"tensor 'ended.1.0.weight' has another shape",
       [](auto& content) {
         tensor_of(content, "ended.1.0.weight") = torch::zeros({2, 3, 2});
       }},
      {"tensor 'snapshot.0.0.bias' has another type",
       [](auto& content) {
         tensor_of(content, "snapshot.0.0.bias") = torch::zeros({2, 3}, torch::kInt64);
       }},
      {"it is no checkpoint", [](auto& content) { content.metadata.clear(); }},
      {"its place in the training cannot be read", [](auto& content) { content.metadata["position"] = "{\n"; }},
      {"its place in the training cannot be read", [](auto& content) { content.metadata["position"] = "[]"; }},
      {"it is a checkpoint of another version",
       position([](Json& json) { json["format"] = "eigensweep-checkpoint-0"; })},
      {"it is a checkpoint of other trials", position([](Json& json) {
         json["trials"] = {"b", "a"};
       })},
      {"its place in the training is not one of this study's", position([](Json& json) { json["epoch"] = -1; })},
      {"its place in the training is not one of this study's", position([](Json& json) { json["epoch"] = 4; })},
      {"its place in the training is not one of this study's", position([](Json& json) { json["epoch"] = 1e30; })},
      {"its place in the training is not one of this study's", position([](Json& json) { json["step"] = 3; })},
      {"its place in the training is not one of this study's", position([](Json& json) { json["step"] = ~0ULL; })},
      {"its place in the training is not one of this study's", position([](Json& json) { json["open"] = false; })},
      {"its place in the training cannot be read", position([](Json& json) { json["open"] = 1; })},
      {"it has the losses of another number of lanes", position([](Json& json) { json["histories"].erase(1); })},
      {"the losses of a lane are of another number of epochs", position([](Json& json) { json["epoch"] = 0; })},
      {"the losses of a lane are of different numbers of epochs",
       position([](Json& json) { json["histories"][0]["penalty"].clear(); })},
      {"a loss is no number", position([](Json& json) { json["histories"][0]["loss"][0] = "0x1p+1 and more"; })},
      {"a loss is no number", position([](Json& json) { json["histories"][0]["loss"][0] = ""; })},
      {"its place in the training cannot be read", position([](Json& json) { json["histories"][0]["loss"][0] = 1; })},
      {"it has another number of snapshots", position([](Json& json) { json.erase("snapshots"); })},
      {"a snapshot is of another epoch", position([](Json& json) {
         json["snapshots"][0] = {1, 2};
       })},
      {"a snapshot is of another epoch", position([](Json& json) { json["snapshots"][0] = {1}; })},
      {"its place in the training is not one of this study's", position([](Json& json) {
         json["snapshots"][0] = {1, 1e30};
       })},
  };
  const models::TensorFile sound = checkpoint_after(3, file);
  Trainer trainer(tiny_pack::configs(), tiny_pack::dataset(), torch::kCPU);
  for (const auto& [words, change] : cases) {
    models::TensorFile broken = sound;
    change(broken);
    models::write_tensors(file, broken);
    INFO(words);
    CHECK_THROWS_WITH(trainer.load(file, ab), Catch::StartsWith(file.string() + ": " + words) &&
                                                  !Catch::Contains("\n") && Catch::Contains("; delete "));
    CHECK_THROWS_AS(trainer.load(file, ab), DataError);
  }
  Trainer untouched(tiny_pack::configs(), tiny_pack::dataset(), torch::kCPU);
  check_same_training(trainer, untouched);
}

TEST_CASE("between two epochs a checkpoint holds no penalty's basis") {
  const Scratch scratch;
  const auto file = scratch.path() / "pack.safetensors";
  Trainer trainer(tiny_pack::configs(), tiny_pack::dataset(), torch::kCPU);
  Hooks hooks;
  hooks.epoch_done = [&] { trainer.save(file, ab); };
  REQUIRE(trainer.run(hooks));
  CHECK_THROWS_AS(models::read_tensors(file).at("regularizer.0.basis.0"), DataError);
  Trainer rest(tiny_pack::configs(), tiny_pack::dataset(), torch::kCPU);
  rest.load(file, ab);
  Trainer whole(tiny_pack::configs(), tiny_pack::dataset(), torch::kCPU);
  check_same_training(rest, whole);
}
