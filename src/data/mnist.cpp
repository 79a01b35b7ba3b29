// SPDX-License-Identifier: MIT
// Handwritten digits: LeCun, Cortes and Burges' 60,000 training and 10,000 test images of 28 x 28 pixels.
#include <fmt/format.h>

#include "eigensweep/study/kind.hpp"
#include "mnist_files.hpp"
#ifdef EIGENSWEEP_DECLARATIONS

namespace eigensweep::data {

study::Kind declare_mnist() {
  study::Kind kind;
  kind.family = study::Family::dataset;
  kind.name = "mnist";
  kind.meaning = "handwritten digits, 28 x 28 pixels in [0, 1], 10 classes; 60,000 training and 10,000 test samples";
  kind.source = "LeCun, Bottou, Bengio, Haffner 1998, doi:10.1109/5.726791";
  kind.options =
      study::Options{}
          .text("folder", "",
                "folder with the four IDX files (plain or .gz); empty takes the copy that comes with eigensweep")
          .path()
          .integer("train_samples", 0, {0, 1e9}, "how many training samples, from the first; 0 takes all")
          .integer("test_samples", 0, {0, 1e9}, "how many test samples, from the first; 0 takes all");
  kind.info = [](const Json& options) { return mnist_info(find_mnist(options), options); };
  return kind;
}

}  // namespace eigensweep::data
#else

#include "eigensweep/core/error.hpp"
#include "idx.hpp"

namespace eigensweep::data {
namespace {

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

Dataset load_mnist(const Json& options) {
  const MnistFiles files = find_mnist(options);
  Dataset dataset;
  dataset.info = mnist_info(files, options);
  dataset.train = read_split(files.train_images, files.train_labels, dataset.info, dataset.info.train_samples);
  dataset.test = read_split(files.test_images, files.test_labels, dataset.info, dataset.info.test_samples);
  return dataset;
}

}  // namespace eigensweep::data
#endif
