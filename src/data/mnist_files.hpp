// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "eigensweep/data/dataset.hpp"

namespace eigensweep::data {

/// The four files of MNIST, each plain or with ".gz".
struct MnistFiles {
  std::filesystem::path train_images;
  std::filesystem::path train_labels;
  std::filesystem::path test_images;
  std::filesystem::path test_labels;
};

/// Finds them by the option "folder". Throws DataError naming the first that is missing.
MnistFiles find_mnist(const Json& options);
/// Reads the headers, checks them against each other and against the options. Throws DataError.
study::DatasetInfo mnist_info(const MnistFiles& files, const Json& options);

}  // namespace eigensweep::data
