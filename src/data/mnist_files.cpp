// SPDX-License-Identifier: MIT
#include "mnist_files.hpp"

#include <fmt/format.h>

#include "eigensweep/core/error.hpp"
#include "folder.hpp"
#include "idx.hpp"

namespace eigensweep::data {
namespace {

constexpr std::int64_t side = 28;
constexpr std::int64_t class_count = 10;

std::filesystem::path find_file(const std::filesystem::path& folder, const std::string& name) {
  for (const char* ending : {".gz", ""}) {
    std::filesystem::path path = folder / (name + ending);
    if (std::filesystem::exists(path)) return path;
  }
  throw DataError(fmt::format(
      "{}: no such file, nor with .gz (one of the four files of MNIST); put it there or correct /dataset/folder",
      (folder / name).string()));
}

std::int64_t sample_count(const std::filesystem::path& images, const std::filesystem::path& labels, std::int64_t asked,
                          const char* option) {
  const auto shape = read_idx_shape(images, 3);
  if (shape[1] != side || shape[2] != side) {
    throw DataError(fmt::format("{}: its images are {} x {}, not {} x {}; give a folder with files of MNIST's form",
                                images.string(), shape[1], shape[2], side, side));
  }
  const std::int64_t label_count = read_idx_shape(labels, 1)[0];
  if (label_count != shape[0]) {
    throw DataError(fmt::format("{}: has {} labels for the {} images of {}; take both files from one source",
                                labels.string(), label_count, shape[0], images.string()));
  }
  if (shape[0] == 0) {
    throw DataError(
        fmt::format("{}: holds no images (nothing to train or test on); give another folder", images.string()));
  }
  if (asked > shape[0]) {
    throw DataError(fmt::format("{}: holds {} images, fewer than {} {} asks for; ask for fewer, or 0 for all",
                                images.string(), shape[0], option, asked));
  }
  return asked == 0 ? shape[0] : asked;
}

}  // namespace

MnistFiles find_mnist(const Json& options) {
  const auto given = options.at("folder").get<std::string>();
  const std::filesystem::path folder = given.empty() ? own_data_folder("mnist") : std::filesystem::path(given);
  if (!std::filesystem::is_directory(folder)) {
    throw DataError(
        fmt::format("{}: no such folder; correct /dataset/folder, or leave it out to use the copy that "
                    "comes with eigensweep",
                    folder.string()));
  }
  return {find_file(folder, "train-images-idx3-ubyte"), find_file(folder, "train-labels-idx1-ubyte"),
          find_file(folder, "t10k-images-idx3-ubyte"), find_file(folder, "t10k-labels-idx1-ubyte")};
}

study::DatasetInfo mnist_info(const MnistFiles& files, const Json& options) {
  study::DatasetInfo info;
  info.train_samples = sample_count(files.train_images, files.train_labels,
                                    options.at("train_samples").get<std::int64_t>(), "train_samples");
  info.test_samples = sample_count(files.test_images, files.test_labels, options.at("test_samples").get<std::int64_t>(),
                                   "test_samples");
  info.input_shape = {1, side, side};
  info.classes = class_count;
  return info;
}

}  // namespace eigensweep::data
