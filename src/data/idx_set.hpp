// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "eigensweep/data/dataset.hpp"
#include "samples.hpp"

namespace eigensweep::data {

/// The four files of MNIST's form, each plain or with ".gz".
struct IdxSet {
  std::filesystem::path train_images;
  std::filesystem::path train_labels;
  std::filesystem::path test_images;
  std::filesystem::path test_labels;
};

/// Finds them in a folder. Throws DataError naming the first that is missing.
IdxSet find_idx_set(const std::filesystem::path& folder);
/// Reads the headers, checks them against each other and against the samples that are asked for. Throws DataError.
study::DatasetInfo idx_set_info(const IdxSet& files, const Samples& samples, std::int64_t classes);
/// The four paths.
std::vector<std::filesystem::path> paths_of(const IdxSet& files);
/// Reads the two label files alone, unless they hold more than `most_bytes`. Throws DataError.
std::optional<study::Labels> idx_set_labels(const IdxSet& files, std::int64_t most_bytes);
/// Reads everything. Throws DataError.
Dataset load_idx_set(const IdxSet& files, const study::DatasetInfo& info);

}  // namespace eigensweep::data
