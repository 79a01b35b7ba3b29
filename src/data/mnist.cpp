// SPDX-License-Identifier: MIT
// Handwritten digits: LeCun, Cortes and Burges' 60,000 training and 10,000 test images of 28 x 28 pixels.
#include <fmt/format.h>

#include "eigensweep/core/error.hpp"
#include "eigensweep/study/kind.hpp"
#include "folder.hpp"
#include "idx_set.hpp"
#include "samples.hpp"

namespace eigensweep::data {

inline IdxSet mnist_files(const Json& options) {
  const auto given = options.at("folder").get<std::string>();
  if (!given.empty() && !std::filesystem::is_directory(given)) {
    throw DataError(fmt::format(
        "{}: no such folder; correct /dataset/folder, or leave it out to use the copy that comes with eigensweep",
        given));
  }
  return find_idx_set(given.empty() ? own_data_folder("mnist") : std::filesystem::path(given));
}

/// The files that the option "folder" names, or those that come with eigensweep, and what they are.
struct Mnist {
  IdxSet files;
  study::DatasetInfo info;

  explicit Mnist(const Json& options) : files(mnist_files(options)), info(idx_set_info(files, options, 10)) {
    if (info.input_shape != std::vector<std::int64_t>{1, 28, 28}) {
      throw DataError(
          fmt::format("{}: its images are {} x {}, not 28 x 28; give a folder with files of MNIST's form, or use the "
                      "dataset kind 'idx_folder'",
                      files.train_images.string(), info.input_shape[1], info.input_shape[2]));
    }
  }
};

#ifdef EIGENSWEEP_DECLARATIONS

study::Kind declare_mnist() {
  study::Kind kind;
  kind.family = study::Family::dataset;
  kind.name = "mnist";
  kind.meaning = "handwritten digits, 28 x 28 pixels in [0, 1], 10 classes; 60,000 training and 10,000 test samples";
  kind.source = "LeCun, Bottou, Bengio, Haffner 1998, doi:10.1109/5.726791";
  kind.options = with_samples(
      study::Options{}
          .text("folder", "",
                "folder with the four IDX files (plain or .gz); empty takes the copy that comes with eigensweep")
          .path());
  kind.info = [](const Json& options) { return Mnist(options).info; };
  kind.files = [](const Json& options) { return paths_of(mnist_files(options)); };
  kind.labels = [](const Json& options, std::int64_t most_bytes) {
    return idx_set_labels(mnist_files(options), most_bytes);
  };
  return kind;
}
#else

Dataset load_mnist(const Json& options) {
  const Mnist mnist(options);
  return load_idx_set(mnist.files, mnist.info);
}
#endif

}  // namespace eigensweep::data
