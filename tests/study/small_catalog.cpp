// SPDX-License-Identifier: MIT
#include "small_catalog.hpp"

#include <catch2/catch.hpp>

#include "eigensweep/catalog.hpp"
#include "eigensweep/core/error.hpp"

using eigensweep::study::Catalog;
using eigensweep::study::DatasetInfo;
using eigensweep::study::Family;
using eigensweep::study::Kind;

const Catalog& small_catalog() {
  static const Catalog all = [] {
    Catalog made;
    for (Kind kind : eigensweep::catalog().all()) {
      if (kind.family == Family::dataset && kind.name == "mnist") {
        kind.info = [](const eigensweep::Json& options) {
          return DatasetInfo{60000, 10000, {1, 28, 28}, 10, options.at("validation_samples").get<std::int64_t>()};
        };
        kind.labels = nullptr;
      }
      made.add(std::move(kind));
    }
    return made;
  }();
  return all;
}

eigensweep::study::Study parse(const std::string& text) {
  return eigensweep::study::parse_study(text, "s.json", small_catalog());
}

std::string message_of(const std::string& text) {
  try {
    parse(text);
  } catch (const eigensweep::ConfigError& error) {
    CHECK(error.code() == eigensweep::ExitCode::config);
    return error.what();
  }
  return "";
}
