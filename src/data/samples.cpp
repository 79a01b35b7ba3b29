// SPDX-License-Identifier: MIT
#include "samples.hpp"

#include <fmt/format.h>

#include <limits>

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

}  // namespace

std::optional<std::vector<std::filesystem::path>> computed(const Json&) { return std::vector<std::filesystem::path>{}; }

study::DatasetInfo generated_info(const GeneratedSamples& samples, std::int64_t input_size, std::int64_t classes,
                                  const std::string& name) {
  study::DatasetInfo info;
  info.value_bytes = 4;
  info.input_shape = {1, 1, input_size};
  info.classes = classes;
  info.lower = -std::numeric_limits<double>::infinity();
  info.upper = std::numeric_limits<double>::infinity();
  choose_samples(info, samples, {samples.train_samples, samples.test_samples, name, name});
  return info;
}

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
