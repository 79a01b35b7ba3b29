// SPDX-License-Identifier: MIT
#include "eigensweep/data/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/hash.hpp"
#include "samples.hpp"

namespace eigensweep::data {

#define EIGENSWEEP_KIND(name) Dataset load_##name(const Json& options);
#include "datasets.def"
#undef EIGENSWEEP_KIND

namespace {

std::string content_hash(const Dataset& dataset) {
  hash::Sha256 sum;
  for (const Split* split : {&dataset.train, &dataset.validation, &dataset.test}) {
    sum.add({reinterpret_cast<const char*>(split->images.data()), split->images.size()});
    static_assert(std::endian::native == std::endian::little, "hashes are those of little-endian floats");
    sum.add({reinterpret_cast<const char*>(split->values.data()), split->values.size() * sizeof(float)});
    // A byte per label, as in the files, so that sha256sum can check the hash.
    std::string labels(split->labels.size(), '\0');
    std::transform(split->labels.begin(), split->labels.end(), labels.begin(),
                   [](std::int64_t label) { return static_cast<char>(label); });
    sum.add(labels);
  }
  return hash::hexadecimal(sum.finish());
}

template <typename Value>
std::vector<Value> cut_from(std::vector<Value>& values, std::size_t at) {
  const std::size_t cut = std::min(at, values.size());
  std::vector<Value> rest(values.begin() + static_cast<std::ptrdiff_t>(cut), values.end());
  values.resize(cut);
  return rest;
}

/// Cuts off the validation samples, which readers leave at the end of the training samples, and checks the hash.
/// `wanted`: the hash that the content must have; empty accepts any.
void finish(Dataset& dataset, const std::string& kind, const std::string& wanted) {
  const auto kept = static_cast<std::size_t>(dataset.info.train_samples);
  const auto size = static_cast<std::size_t>(dataset.info.input_size());
  dataset.validation.images = cut_from(dataset.train.images, kept * size);
  dataset.validation.values = cut_from(dataset.train.values, kept * size);
  dataset.validation.labels = cut_from(dataset.train.labels, kept);
  dataset.sha256 = content_hash(dataset);
  if (!wanted.empty() && wanted != dataset.sha256) {
    throw DataError(
        fmt::format("/dataset/sha256: the content of dataset '{}' has the hash {}, not {}; take the right files, or "
                    "correct or leave out this option",
                    kind, dataset.sha256, wanted));
  }
}

}  // namespace

Dataset load(const Json& options) {
  const auto kind = options.at("kind").get<std::string>();
  const std::string wanted = study::read<Samples>(options).sha256;
#define EIGENSWEEP_KIND(name)               \
  if (kind == #name) {                      \
    Dataset dataset = load_##name(options); \
    finish(dataset, kind, wanted);          \
    return dataset;                         \
  }
#include "datasets.def"
#undef EIGENSWEEP_KIND
  throw ContractViolation(fmt::format("unknown dataset '{}'", kind));
}

}  // namespace eigensweep::data
