// SPDX-License-Identifier: MIT
#include "samples.hpp"

#include <fmt/format.h>

#include "eigensweep/core/error.hpp"

namespace eigensweep::data {
namespace {

std::int64_t chosen(std::int64_t asked, const char* option, std::int64_t there, const std::string& name) {
  if (asked > there) {
    throw DataError(fmt::format("{}: holds {} images, fewer than {} {} asks for; ask for fewer, or 0 for all", name,
                                there, option, asked));
  }
  return asked == 0 ? there : asked;
}

void add_common(study::Options& options) {
  options
      .integer("validation_samples", 0, {0, 1e9},
               "how many of the training samples, the last of them, are held out for validation")
      .text("sha256", "", "what the content's SHA-256 must be (results record it); empty accepts any")
      .not_identity();
}

}  // namespace

study::Options with_generated_samples(study::Options options, int train, int test) {
  options.integer("train_samples", train, {1, 1e7}, "how many training samples")
      .integer("test_samples", test, {1, 1e7}, "how many test samples")
      .integer("data_seed", 0, {0, 9007199254740992},
               "seed of the samples' random numbers; the trial's seed has no part");
  add_common(options);
  return options;
}

std::optional<std::vector<std::filesystem::path>> computed(const Json&) { return std::vector<std::filesystem::path>{}; }

void choose_samples(study::DatasetInfo& info, const Samples& samples, const Holdings& holdings) {
  info.train_samples = chosen(samples.train_samples, "train_samples", holdings.train, holdings.train_name);
  info.test_samples = chosen(samples.test_samples, "test_samples", holdings.test, holdings.test_name);
  info.validation_samples = samples.validation_samples;
  if (info.validation_samples >= info.train_samples) {
    throw DataError(
        fmt::format("/dataset/validation_samples: {} of {} training samples held out leave none to train on; hold out "
                    "fewer",
                    info.validation_samples, info.train_samples));
  }
  info.train_samples -= info.validation_samples;
}

}  // namespace eigensweep::data
