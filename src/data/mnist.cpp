// SPDX-License-Identifier: MIT
// Handwritten digits: LeCun, Cortes and Burges' 60,000 training and 10,000 test images of 28 x 28 pixels.
#include <fmt/format.h>

#include "eigensweep/core/error.hpp"
#include "folder.hpp"
#include "idx_set.hpp"

namespace eigensweep::data {
namespace {

struct Mnist : Samples {
  std::string folder;

  static study::Fields<Mnist> fields() {
    study::Fields<Mnist> fields;
    fields
        .text("folder", &Mnist::folder,
              "folder with the four IDX files (plain or .gz); empty takes the copy that comes with eigensweep")
        .path();
    return add_to(fields);
  }
};

/// The files in the folder that the study names, else those that come with eigensweep.
IdxSet mnist_files(const Mnist& mnist) {
  const std::string& given = mnist.folder;
  if (!given.empty() && !std::filesystem::is_directory(given)) {
    throw DataError(fmt::format(
        "{}: no such folder; correct /dataset/folder, or leave it out to use the copy that comes with eigensweep",
        given));
  }
  return find_idx_set(given.empty() ? own_data_folder("mnist") : std::filesystem::path(given));
}

study::DatasetInfo mnist_info(const Mnist& mnist, const IdxSet& files) {
  study::DatasetInfo info = idx_set_info(files, mnist, 10);
  if (info.input_shape != std::vector<std::int64_t>{1, 28, 28}) {
    throw DataError(
        fmt::format("{}: its images are {} x {}, not 28 x 28; give a folder with files of MNIST's form, or use the "
                    "dataset kind 'idx_folder'",
                    files.train_images.string(), info.input_shape[1], info.input_shape[2]));
  }
  return info;
}

}  // namespace

#ifdef EIGENSWEEP_DECLARATIONS

study::Kind declare_mnist() {
  study::Kind kind = study::declare<Mnist>(
      study::Family::dataset, "mnist",
      "handwritten digits, 28 x 28 pixels in [0, 1], 10 classes; 60,000 training and 10,000 test samples",
      "LeCun, Bottou, Bengio, Haffner 1998, doi:10.1109/5.726791");
  kind.info = study::typed<Mnist>([](const Mnist& mnist) { return mnist_info(mnist, mnist_files(mnist)); });
  kind.files = study::typed<Mnist>([](const Mnist& mnist) { return paths_of(mnist_files(mnist)); });
  kind.labels = study::typed<Mnist>(
      [](const Mnist& mnist, std::int64_t most_bytes) { return idx_set_labels(mnist_files(mnist), most_bytes); });
  return kind;
}
#else

Dataset load_mnist(const Json& options) {
  const auto mnist = study::read<Mnist>(options);
  const IdxSet files = mnist_files(mnist);
  return load_idx_set(files, mnist_info(mnist, files));
}
#endif

}  // namespace eigensweep::data
