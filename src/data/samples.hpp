// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::data {

/// How many samples of a dataset are used, and what hash is expected of them: options that every dataset has.
struct Samples {
  std::int64_t train_samples = 0;
  std::int64_t test_samples = 0;
  std::int64_t validation_samples = 0;
  std::string sha256;

  /// Adds these options to a dataset's own.
  template <class T>
  static study::Fields<T>& add_to(study::Fields<T>& fields) {
    fields
        .integer("train_samples", &T::train_samples, {0, 1e9}, "how many training samples, from the first; 0 takes all")
        .integer("test_samples", &T::test_samples, {0, 1e9}, "how many test samples, from the first; 0 takes all");
    return add_held_out_and_hash(fields);
  }
  template <class T>
  static study::Fields<T>& add_held_out_and_hash(study::Fields<T>& fields) {
    return fields
        .integer("validation_samples", &T::validation_samples, {0, 1e9},
                 "how many of the training samples, the last of them, are held out for validation")
        .text("sha256", &T::sha256, "what the content's SHA-256 must be (results record it); empty accepts any")
        .not_identity();
  }
  static study::Fields<Samples> fields() {
    study::Fields<Samples> fields;
    return add_to(fields);
  }
};

/// The same for a generated dataset, which has as many samples as a study asks for.
struct GeneratedSamples : Samples {
  std::int64_t data_seed = 0;

  /// `train`, `test`: how many samples there are if the study does not say.
  GeneratedSamples(std::int64_t train, std::int64_t test) {
    train_samples = train;
    test_samples = test;
  }

  /// The key of the random numbers.
  [[nodiscard]] std::uint64_t seed() const { return static_cast<std::uint64_t>(data_seed); }

  template <class T>
  static study::Fields<T>& add_to(study::Fields<T>& fields) {
    fields.integer("train_samples", &T::train_samples, {1, 1e7}, "how many training samples")
        .integer("test_samples", &T::test_samples, {1, 1e7}, "how many test samples")
        .integer("data_seed", &T::data_seed, {0, 9007199254740992},
                 "seed of the samples' random numbers; the trial's seed has no part");
    return add_held_out_and_hash(fields);
  }
};

/// Random-number streams of a generated dataset's splits.
inline constexpr std::uint64_t of_train = 0, of_test = 1;

/// study::Kind::files of a generated dataset: it has none.
std::optional<std::vector<std::filesystem::path>> computed(const Json& options);

/// study::Kind::info of a generated dataset: a sample is one row of `input_size` numbers without bounds. `name` appears
/// in messages. Throws DataError as choose_samples() does.
study::DatasetInfo generated_info(const GeneratedSamples& samples, std::int64_t input_size, std::int64_t classes,
                                  const std::string& name);

/// How many samples a dataset holds before the options choose from them; the names appear in messages.
struct Holdings {
  std::int64_t train = 0;
  std::int64_t test = 0;
  std::string train_name;
  std::string test_name;
};

/// Sets the three counts of `info`. Throws DataError if a study asks for more samples than there are, or if all
/// training samples are held out.
void choose_samples(study::DatasetInfo& info, const Samples& samples, const Holdings& holdings);

}  // namespace eigensweep::data
