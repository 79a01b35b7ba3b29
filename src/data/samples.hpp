// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/study/kind.hpp"

namespace eigensweep::data {

/// Adds the options that every dataset has: how many samples of it are used, and what hash is expected of them.
study::Options with_samples(study::Options options);

/// Streams of random numbers of a computed dataset's splits.
inline constexpr std::uint64_t of_train = 0, of_test = 1;

/// The same for a dataset that is computed: it has as many samples as one asks for.
study::Options with_generated_samples(study::Options options, int train, int test);

/// study::Kind::files of such a dataset: none.
std::optional<std::vector<std::filesystem::path>> computed(const Json& options);

/// What a dataset holds before the options choose from it; the names stand in messages.
struct Holdings {
  std::int64_t train = 0;
  std::int64_t test = 0;
  std::string train_name;
  std::string test_name;
};

/// Sets the three counts of `info` by the options of with_samples(). Throws DataError when more is asked for than is
/// there.
void choose_samples(study::DatasetInfo& info, const Json& options, const Holdings& holdings);

}  // namespace eigensweep::data
