// SPDX-License-Identifier: MIT
#include "dataset_files.hpp"

#include "hdf5_file.hpp"
#include "idx_file.hpp"

using namespace eigensweep;

namespace dataset_files {
namespace {

/// Bytes without a pattern, the same in every run.
std::string bytes_of(std::size_t count, std::uint32_t state) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    bytes.push_back(static_cast<char>(state >> 24));
  }
  return bytes;
}

std::string labels_of(std::size_t count, int classes) {
  std::string labels;
  for (std::size_t i = 0; i < count; ++i) labels.push_back(static_cast<char>(i % static_cast<std::size_t>(classes)));
  return labels;
}

constexpr std::uint32_t images_magic = 0x803, labels_magic = 0x801;

Json idx_folder(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const auto& [name, samples] : {std::pair{"train", 120U}, std::pair{"t10k", 40U}}) {
    write_plain(folder / fmt::format("{}-images-idx3-ubyte", name),
                idx_bytes(images_magic, {samples, 4, 5}, bytes_of(samples * 20, samples)));
    write_plain(folder / fmt::format("{}-labels-idx1-ubyte", name),
                idx_bytes(labels_magic, {samples}, labels_of(samples, 3)));
  }
  return {{"kind", "idx_folder"}, {"folder", folder.string()}, {"classes", 3},
          {"train_samples", 100}, {"test_samples", 30},        {"validation_samples", 20}};
}

/// Six files of the full size, of which nobody reads more than the first samples.
Json cifar10(const std::filesystem::path& folder) {
  constexpr std::size_t record = 3073, records = 10000, used = 100;
  std::filesystem::create_directories(folder);
  for (const char* name : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                           "data_batch_5.bin", "test_batch.bin"}) {
    std::string content;
    for (std::size_t i = 0; i < used; ++i) {
      content.push_back(static_cast<char>(i % 10));
      content += bytes_of(record - 1, static_cast<std::uint32_t>(i));
    }
    write_plain(folder / name, content);
    std::filesystem::resize_file(folder / name, record * records);  // takes no room
  }
  return {{"kind", "cifar10"},
          {"folder", folder.string()},
          {"train_samples", 60},
          {"test_samples", 20},
          {"validation_samples", 10}};
}

Part part_of(hsize_t samples) {
  Part part{.shape = {samples, 6}, .pixels = {}, .labels = {}};
  for (const char byte : bytes_of(samples * 6, static_cast<std::uint32_t>(samples))) {
    part.pixels.push_back(static_cast<float>(byte) / 64);
  }
  for (hsize_t i = 0; i < samples; ++i) part.labels.push_back(static_cast<int>(i % 2));
  return part;
}

Json own(const Scratch& scratch) {
  return {{"kind", "hdf5"},     {"file", write(scratch, part_of(120), part_of(40)).string()},
          {"classes", 2},       {"lower", -2},
          {"upper", 2},         {"train_samples", 100},
          {"test_samples", 30}, {"validation_samples", 20}};
}

}  // namespace

std::map<std::string, Json> sections(const Scratch& scratch) {
  return {{"idx_folder", idx_folder(scratch.path() / "idx")},
          {"cifar10", cifar10(scratch.path() / "cifar10")},
          {"hdf5", own(scratch)},
          {"mnist", {{"kind", "mnist"}, {"train_samples", 100}, {"test_samples", 30}, {"validation_samples", 20}}}};
}

}  // namespace dataset_files
