// SPDX-License-Identifier: MIT
// CIFAR-10 in its binary version: six files of 10,000 records, each a label and 3 x 32 x 32 bytes (red, green, blue).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "eigensweep/core/error.hpp"
#include "eigensweep/data/dataset.hpp"
#include "samples.hpp"

namespace eigensweep::data {
namespace {

constexpr std::int64_t cifar_pixels = std::int64_t{3} * 32 * 32;
constexpr std::int64_t cifar_record = 1 + cifar_pixels;
constexpr std::int64_t cifar_per_file = 10000;

struct Cifar10 : Samples {
  std::string folder;

  static study::Fields<Cifar10> fields() {
    study::Fields<Cifar10> fields;
    fields.text("folder", &Cifar10::folder, "folder with data_batch_1.bin to data_batch_5.bin and test_batch.bin")
        .required()
        .path();
    return add_to(fields);
  }
};

/// The files of a split, checked by their sizes alone.
std::vector<std::filesystem::path> cifar_files(const Cifar10& cifar, bool train) {
  std::vector<std::filesystem::path> files;
  for (const char* name : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                           "data_batch_5.bin", "test_batch.bin"}) {
    if (train == (std::string_view(name) == "test_batch.bin")) continue;
    const std::filesystem::path file = std::filesystem::path(cifar.folder) / name;
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    if (error) {
      throw DataError(
          fmt::format("{}: no such file (one of the six of CIFAR-10's binary version); put it there or "
                      "correct /dataset/folder",
                      file.string()));
    }
    if (size != cifar_per_file * cifar_record) {
      throw DataError(fmt::format("{}: has {} bytes, not the {} of 10,000 records; fetch this file again",
                                  file.string(), size, cifar_per_file * cifar_record));
    }
    files.push_back(file);
  }
  return files;
}

study::DatasetInfo cifar_info(const Cifar10& cifar) {
  study::DatasetInfo info;
  info.input_shape = {3, 32, 32};
  info.classes = 10;
  const auto count = [&](bool train) {
    return static_cast<std::int64_t>(cifar_files(cifar, train).size()) * cifar_per_file;
  };
  choose_samples(info, cifar, {count(true), count(false), cifar.folder, cifar.folder});
  return info;
}

}  // namespace

#ifdef EIGENSWEEP_DECLARATIONS
namespace {

std::vector<std::filesystem::path> all_cifar_files(const Cifar10& cifar) {
  std::vector<std::filesystem::path> files = cifar_files(cifar, true);
  files.push_back(cifar_files(cifar, false).front());
  return files;
}

std::vector<std::uint8_t> read_cifar_labels(const std::vector<std::filesystem::path>& files) {
  std::vector<std::uint8_t> labels;
  for (const std::filesystem::path& file : files) {
    std::ifstream stream(file, std::ios::binary);
    for (std::int64_t i = 0; i < cifar_per_file; ++i) {
      const int label = stream.seekg(i * cifar_record).get();
      if (!stream) {
        throw DataError(fmt::format("{}: cannot be read to its end; fetch this file again", file.string()));
      }
      labels.push_back(static_cast<std::uint8_t>(label));
    }
  }
  return labels;
}

std::optional<study::Labels> cifar_labels(const Cifar10& cifar, std::int64_t most_bytes) {
  study::Labels labels;
  // Labels are so close together that a disk reads everything.
  labels.cost = static_cast<std::int64_t>(all_cifar_files(cifar).size()) * cifar_per_file * cifar_record;
  if (labels.cost > most_bytes) return std::nullopt;
  labels.train = read_cifar_labels(cifar_files(cifar, true));
  labels.test = read_cifar_labels(cifar_files(cifar, false));
  return labels;
}

}  // namespace

study::Kind declare_cifar10() {
  study::Kind kind = study::declare<Cifar10>(
      study::Family::dataset, "cifar10",
      "colour images, 32 x 32 pixels in [0, 1], 10 classes; 50,000 training and 10,000 test samples",
      "Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html (binary version)");
  kind.info = study::typed<Cifar10>(cifar_info);
  kind.files = study::typed<Cifar10>(all_cifar_files);
  kind.labels = study::typed<Cifar10>(cifar_labels);
  return kind;
}
#else
namespace {

Split read_cifar(const std::vector<std::filesystem::path>& files, std::int64_t samples) {
  Split split;
  split.images.resize(static_cast<std::size_t>(samples * cifar_pixels));
  split.labels.resize(static_cast<std::size_t>(samples));
  std::array<char, cifar_record> record{};
  std::ifstream stream;
  for (std::int64_t i = 0; i < samples; ++i) {
    const std::filesystem::path& file = files[static_cast<std::size_t>(i / cifar_per_file)];
    if (i % cifar_per_file == 0) {
      stream = std::ifstream(file, std::ios::binary);
    }
    if (!stream.read(record.data(), cifar_record)) {
      throw DataError(fmt::format("{}: cannot be read to its end; fetch this file again", file.string()));
    }
    const auto label = static_cast<std::uint8_t>(record[0]);
    if (label > 9) {
      throw DataError(fmt::format("{}: label {} of sample {} is out of range (0 to 9); fetch this file again",
                                  file.string(), label, i % cifar_per_file));
    }
    split.labels[static_cast<std::size_t>(i)] = label;
    std::copy(record.begin() + 1, record.end(),
              reinterpret_cast<char*>(split.images.data()) + static_cast<std::ptrdiff_t>(i * cifar_pixels));
  }
  return split;
}

}  // namespace

Dataset load_cifar10(const Json& options) {
  const auto cifar = study::read<Cifar10>(options);
  Dataset dataset;
  dataset.info = cifar_info(cifar);
  dataset.train = read_cifar(cifar_files(cifar, true), dataset.info.train_samples + dataset.info.validation_samples);
  dataset.test = read_cifar(cifar_files(cifar, false), dataset.info.test_samples);
  return dataset;
}
#endif

}  // namespace eigensweep::data
