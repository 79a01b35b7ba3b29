// SPDX-License-Identifier: MIT
#include "eigensweep/data/dataset.hpp"

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/hash.hpp"

namespace eigensweep::data {

#define EIGENSWEEP_KIND(name) Dataset load_##name(const Json& options);
#include "datasets.def"
#undef EIGENSWEEP_KIND

namespace {

std::string content_hash(const Dataset& dataset) {
  std::string content;
  content.reserve(dataset.train.images.size() + dataset.train.labels.size() + dataset.test.images.size() +
                  dataset.test.labels.size());
  for (const Split* split : {&dataset.train, &dataset.test}) {
    content.append(split->images.begin(), split->images.end());
    // A byte each, as in the files: the hash can be checked with sha256sum.
    for (const std::int64_t label : split->labels) content.push_back(static_cast<char>(label));
  }
  return hash::sha256(content);
}

}  // namespace

Dataset load(const Json& options) {
  const auto kind = options.at("kind").get<std::string>();
#define EIGENSWEEP_KIND(name)               \
  if (kind == #name) {                      \
    Dataset dataset = load_##name(options); \
    dataset.sha256 = content_hash(dataset); \
    return dataset;                         \
  }
#include "datasets.def"
#undef EIGENSWEEP_KIND
  throw ContractViolation(fmt::format("unknown dataset '{}'", kind));
}

}  // namespace eigensweep::data
