// SPDX-License-Identifier: MIT
#include "eigensweep/models/store/safetensors.hpp"

#include <catch2/catch.hpp>
#include <cstring>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/models/store/snapshot.hpp"
#include "scratch.hpp"
#include "toy_network.hpp"

using namespace eigensweep;
using namespace eigensweep::models;

namespace {

std::string safetensors(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + header + std::string(data_bytes, '\1');
}

}  // namespace

TEST_CASE("tensors of every type and of no numbers come back from their file") {
  const Scratch scratch;
  const auto file = scratch.path() / "all.safetensors";
  TensorFile content;
  content.metadata = {{"key", "value\n"}};
  content.tensors = {{"b", torch::rand({2, 3})},
                     {"a", torch::rand({4}, torch::kFloat64)},
                     {"empty", torch::empty({2, 0})},
                     {"scalar", torch::tensor(std::int64_t{-7})},
                     {"bytes", torch::arange(5, torch::kUInt8)}};
  write_tensors(file, content);
  const TensorFile read = read_tensors(file);
  CHECK(read.metadata == content.metadata);
  CHECK(read.file == file);
  for (const NamedTensor& named : content.tensors) CHECK(torch::equal(read.at(named.name, named.tensor), named.tensor));
  CHECK_THROWS_WITH(read.at("c"), file.string() + ": tensor 'c' is missing; delete the file, and it is made again");
}

TEST_CASE("tensors of bfloat16 come back with the same numbers as float32") {
  const Scratch scratch;
  const auto file = scratch.path() / "rounded.safetensors";
  const torch::Tensor rounded = torch::rand({2, 3}).to(torch::kBFloat16);
  TensorFile content;
  content.tensors = {{"a", rounded}};
  write_tensors(file, content);
  const TensorFile content_read = read_tensors(file);
  const torch::Tensor& read = content_read.at("a", rounded);
  CHECK(read.scalar_type() == torch::kFloat32);
  CHECK(torch::equal(read.to(torch::kBFloat16), rounded));
}

TEST_CASE("a file that is no safetensors file is refused in one line, whatever its header says") {
  const Scratch scratch;
  const auto file = scratch.path() / "broken.safetensors";
  struct Case {
    const char* header;
    std::size_t data_bytes;
    const char* words;
  };
  const Case cases[] = {
      {"no json\n", 0, "its header cannot be read"},
      {"{\"\xff\":1}", 0, "its header cannot be read"},
      {R"([1])", 0, "its header cannot be read"},
      {R"({"__metadata__":{"position":1}})", 0, "its header cannot be read"},
      {R"({"a":{"dtype":"F32","shape":[1]}})", 4, "its header cannot be read"},
      {R"({"a\nb":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}})", 2, R"(tensor "a\nb" has an unknown type)"},
      {R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", 4, R"(tensor "a" has a shape that is no list)"},
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, R"(tensor "a" has a size that is no number)"},
      {R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, R"(tensor "a" has a size that is no number)"},
      // Nothing is allocated for sizes that the file cannot hold, nor for products that overflow to a size that it can.
      {R"({"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4]}})", 4,
       R"(tensor "a" is larger than the file)"},
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
       R"(tensor "a" is larger than the file)"},
      {R"({"a":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}})", 0,
       R"(tensor "a" is larger than the file)"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 8, R"(tensor "a" does not fit its place)"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, R"(tensor "a" does not fit its place)"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 4, R"(tensor "a" does not fit its place)"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", 8, R"(tensor "a" does not fit its place)"},
      // Many tensors of the same bytes would take far more memory than the file.
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       4, "its tensors overlap or leave a gap"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8, "its tensors overlap or leave a gap"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5, "it is longer than its tensors"},
  };
  for (const auto& [header, data_bytes, words] : cases) {
    file::write_atomically(file, safetensors(header, data_bytes));
    INFO(header);
    CHECK_THROWS_AS(read_tensors(file), DataError);
    CHECK_THROWS_WITH(read_tensors(file),
                      file.string() + ": no valid safetensors file: " + words + "; delete it, and it is made again");
  }
}

TEST_CASE("no flipped bit of a file goes unseen") {
  const Scratch scratch;
  const auto file = scratch.path() / "flipped.safetensors";
  TensorFile content;
  content.metadata = {{"position", R"({"epoch": 3})"}};
  content.tensors = {{"weight", torch::rand({2, 2})}};
  write_tensors(file, content);
  const std::string whole = file::read(file);
  std::size_t unseen = 0;
  for (std::size_t byte = 0; byte < whole.size(); ++byte) {
    std::string flipped = whole;
    flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << (byte % 8)));
    file::write_atomically(file, flipped);
    try {
      const TensorFile read = read_tensors(file);
      // Only the checksum's name and the blanks behind the header may change.
      const auto position = read.metadata.find("position");
      const bool same = position != read.metadata.end() && position->second == content.metadata.at("position") &&
                        torch::equal(read.at("weight", content.tensors[0].tensor), content.tensors[0].tensor);
      if (!same) ++unseen;
    } catch (const DataError&) {
    }
  }
  CHECK(unseen == 0);
}

TEST_CASE("a file of an older program, without a checksum, is read") {
  const Scratch scratch;
  const auto file = scratch.path() / "old.safetensors";
  file::write_atomically(
      file, safetensors(R"({"__metadata__":{"a":"b"},"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 2));
  CHECK(torch::equal(read_tensors(file).at("x"), torch::ones({2}, torch::kUInt8)));
}

TEST_CASE("a kept network whose tensors are another network's is refused") {
  ToyNetwork network = ToyNetwork::random(2, {3, 4, 2}, 1);
  TensorFile lane = lane_of(network, 0);
  keep_snapshots({take_snapshot(network, {1, 1})}, 0, lane);
  lane.file = "lane.safetensors";
  load_lane(network, 1, lane);
  CHECK(kept_snapshots(network, {lane, lane}).size() == 1);

  TensorFile precise = lane;
  precise.tensors[0].tensor = precise.tensors[0].tensor.to(torch::kFloat64);
  CHECK_THROWS_WITH(load_lane(network, 1, precise),
                    Catch::StartsWith("lane.safetensors: tensor '0.weight' has another type"));
  TensorFile wide = lane;
  wide.tensors.back().tensor = torch::zeros({3});
  CHECK_THROWS_WITH(kept_snapshots(network, {lane, wide}),
                    Catch::StartsWith("lane.safetensors: tensor 'snapshot.0.2.bias' has another shape"));
  TensorFile worded = lane;
  for (const char* list : {"soon\n", "{}", "[-1]", "[1e30]"}) {
    worded.metadata["snapshot_epochs"] = list;
    CHECK_THROWS_WITH(
        kept_snapshots(network, {worded, lane}),
        "lane.safetensors: 'snapshot_epochs' is no list of epochs; delete the file, and it is made again");
  }
}
