// SPDX-License-Identifier: MIT
// Own images in the four files of MNIST's form: Fashion-MNIST, Kuzushiji-MNIST, or whatever one writes so.
#include "eigensweep/study/kind.hpp"
#include "idx_set.hpp"
#include "samples.hpp"

namespace eigensweep::data {

#ifdef EIGENSWEEP_DECLARATIONS
study::Kind declare_idx_folder() {
  study::Kind kind;
  kind.family = study::Family::dataset;
  kind.name = "idx_folder";
  kind.meaning = "grey images of any size in four IDX files named as MNIST's; pixels 0..255 stand for [0, 1]";
  kind.source = "format: http://yann.lecun.com/exdb/mnist";
  kind.options = with_samples(
      study::Options{}
          .text("folder", std::nullopt, "folder with the four IDX files (plain or .gz)")
          .path()
          .text("label", "", "what this data is called: part of what a trial is, as the place of its files is not")
          .integer("classes", 10, {2, 256}, "number of classes; labels run from 0"));
  kind.info = [](const Json& options) {
    return idx_set_info(find_idx_set(options.at("folder").get<std::string>()), options,
                        options.at("classes").get<std::int64_t>());
  };
  kind.files = [](const Json& options) { return paths_of(find_idx_set(options.at("folder").get<std::string>())); };
  kind.labels = [](const Json& options, std::int64_t most_bytes) {
    return idx_set_labels(find_idx_set(options.at("folder").get<std::string>()), most_bytes);
  };
  return kind;
}
#else
Dataset load_idx_folder(const Json& options) {
  const IdxSet files = find_idx_set(options.at("folder").get<std::string>());
  return load_idx_set(files, idx_set_info(files, options, options.at("classes").get<std::int64_t>()));
}
#endif

}  // namespace eigensweep::data
