// SPDX-License-Identifier: MIT
// Own images in the four files of MNIST's form: Fashion-MNIST, Kuzushiji-MNIST, or any others in that form.
#include "idx_set.hpp"

namespace eigensweep::data {
namespace {

struct IdxFolder : Samples {
  std::string folder;
  std::string label;
  std::int64_t classes = 10;

  static study::Fields<IdxFolder> fields() {
    study::Fields<IdxFolder> fields;
    fields.text("folder", &IdxFolder::folder, "folder with the four IDX files (plain or .gz)")
        .required()
        .path()
        .text("label", &IdxFolder::label,
              "what this data is called: part of what a trial is, as the place of its files is not")
        .integer("classes", &IdxFolder::classes, {2, 256}, "number of classes; labels run from 0");
    return add_to(fields);
  }
};

}  // namespace

#ifdef EIGENSWEEP_DECLARATIONS
study::Kind declare_idx_folder() {
  study::Kind kind = study::declare<IdxFolder>(
      study::Family::dataset, "idx_folder",
      "grey images of any size in four IDX files named as MNIST's; pixels 0..255 stand for [0, 1]",
      "format: http://yann.lecun.com/exdb/mnist");
  kind.info = study::typed<IdxFolder>(
      [](const IdxFolder& set) { return idx_set_info(find_idx_set(set.folder), set, set.classes); });
  kind.files = study::typed<IdxFolder>([](const IdxFolder& set) { return paths_of(find_idx_set(set.folder)); });
  kind.labels = study::typed<IdxFolder>([](const IdxFolder& set, std::int64_t most_bytes) {
    return idx_set_labels(find_idx_set(set.folder), most_bytes);
  });
  return kind;
}
#else
Dataset load_idx_folder(const Json& options) {
  const auto set = study::read<IdxFolder>(options);
  const IdxSet files = find_idx_set(set.folder);
  return load_idx_set(files, idx_set_info(files, set, set.classes));
}
#endif

}  // namespace eigensweep::data
