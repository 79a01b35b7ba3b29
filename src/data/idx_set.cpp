// SPDX-License-Identifier: MIT
#include "idx_set.hpp"

#include <fmt/format.h>

#include "eigensweep/core/error.hpp"
#include "idx.hpp"

namespace eigensweep::data {
namespace {

std::filesystem::path find_file(const std::filesystem::path& folder, const std::string& name) {
  for (const char* ending : {".gz", ""}) {
    std::filesystem::path path = folder / (name + ending);
    if (std::filesystem::exists(path)) return path;
  }
  throw DataError(
      fmt::format("{}: no such file, nor with .gz (one of the four files of such a dataset); put it there or correct "
                  "/dataset/folder",
                  (folder / name).string()));
}

std::int64_t sample_count(const std::filesystem::path& images, const std::filesystem::path& labels) {
  const auto shape = read_idx_shape(images, 3);
  const std::int64_t label_count = read_idx_shape(labels, 1)[0];
  if (label_count != shape[0]) {
    throw DataError(fmt::format("{}: has {} labels for the {} images of {}; take both files from one source",
                                labels.string(), label_count, shape[0], images.string()));
  }
  if (shape[0] == 0) {
    throw DataError(
        fmt::format("{}: holds no images (nothing to train or test on); give another folder", images.string()));
  }
  return shape[0];
}

Split read_split(const std::filesystem::path& images, const std::filesystem::path& labels,
                 const study::DatasetInfo& info, std::int64_t samples) {
  Split split;
  split.images = read_idx(images, 3).bytes;
  const Idx read = read_idx(labels, 1);
  for (std::size_t i = 0; i < read.bytes.size(); ++i) {
    if (read.bytes[i] >= info.classes) {
      throw DataError(fmt::format("{}: label {} of sample {} is out of range (0 to {}); fetch this file again",
                                  labels.string(), read.bytes[i], i, info.classes - 1));
    }
  }
  split.images.resize(static_cast<std::size_t>(samples * info.input_size()));
  split.images.shrink_to_fit();
  split.labels.assign(read.bytes.begin(), read.bytes.begin() + samples);
  return split;
}

}  // namespace

IdxSet find_idx_set(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) {
    throw DataError(fmt::format("{}: no such folder; correct /dataset/folder", folder.string()));
  }
  return {find_file(folder, "train-images-idx3-ubyte"), find_file(folder, "train-labels-idx1-ubyte"),
          find_file(folder, "t10k-images-idx3-ubyte"), find_file(folder, "t10k-labels-idx1-ubyte")};
}

study::DatasetInfo idx_set_info(const IdxSet& files, const Samples& samples, std::int64_t classes) {
  study::DatasetInfo info;
  choose_samples(
      info, samples,
      {sample_count(files.train_images, files.train_labels), sample_count(files.test_images, files.test_labels),
       files.train_images.string(), files.test_images.string()});
  const auto shape = read_idx_shape(files.train_images, 3);
  const auto other = read_idx_shape(files.test_images, 3);
  if (other[1] != shape[1] || other[2] != shape[2]) {
    throw DataError(fmt::format("{}: its images are {} x {}, those of {} are {} x {}; take all files from one source",
                                files.test_images.string(), other[1], other[2], files.train_images.string(), shape[1],
                                shape[2]));
  }
  info.input_shape = {1, shape[1], shape[2]};
  info.classes = classes;
  return info;
}

std::vector<std::filesystem::path> paths_of(const IdxSet& files) {
  return {files.train_images, files.train_labels, files.test_images, files.test_labels};
}

std::optional<study::Labels> idx_set_labels(const IdxSet& files, std::int64_t most_bytes) {
  study::Labels labels;
  labels.cost = read_idx_shape(files.train_labels, 1)[0] + read_idx_shape(files.test_labels, 1)[0];
  if (labels.cost > most_bytes) return std::nullopt;
  labels.train = read_idx(files.train_labels, 1).bytes;
  labels.test = read_idx(files.test_labels, 1).bytes;
  return labels;
}

Dataset load_idx_set(const IdxSet& files, const study::DatasetInfo& info) {
  Dataset dataset;
  dataset.info = info;
  dataset.train =
      read_split(files.train_images, files.train_labels, info, info.train_samples + info.validation_samples);
  dataset.test = read_split(files.test_images, files.test_labels, info, info.test_samples);
  return dataset;
}

}  // namespace eigensweep::data
