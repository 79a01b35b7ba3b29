// SPDX-License-Identifier: MIT
// Own data in one HDF5 file: the datasets `images` and `labels` in two groups.
#include "eigensweep/hdf5/hdf5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <numeric>
#include <set>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/data/dataset.hpp"
#include "samples.hpp"

namespace eigensweep::data {
namespace {

struct Hdf5 : Samples {
  std::string file;
  std::string label;
  std::string train = "train";
  std::string test = "test";
  std::int64_t classes = 10;
  double lower = 0.0;
  double upper = 1.0;

  static study::Fields<Hdf5> fields() {
    study::Fields<Hdf5> fields;
    fields.text("file", &Hdf5::file, "the HDF5 file")
        .required()
        .path()
        .text("label", &Hdf5::label,
              "what this data is called: part of what a trial is, as the place of its files is not")
        .text("train", &Hdf5::train, "group of the training samples")
        .text("test", &Hdf5::test, "group of the test samples")
        .integer("classes", &Hdf5::classes, {2, 256}, "number of classes; labels run from 0")
        .number("lower", &Hdf5::lower, {}, "what floats can be at least; perturbed ones are clipped to it")
        .number("upper", &Hdf5::upper, {}, "what floats can be at most");
    return add_to(fields);
  }
};

/// The datasets of one split, opened and checked by their shapes and types.
struct Hdf5Split {
  std::string name;  ///< "own.h5:/train", for messages
  hdf5::Handle images;
  hdf5::Handle labels;
  std::vector<std::int64_t> shape;  ///< of `images`, as in the file
  bool bytes = false;
};

std::vector<std::int64_t> hdf5_shape(hid_t dataset) {
  const hdf5::Handle space(H5Dget_space(dataset), H5Sclose);
  std::vector<hsize_t> extents(static_cast<std::size_t>(std::max(H5Sget_simple_extent_ndims(space.get()), 0)));
  H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr);
  return {extents.begin(), extents.end()};
}

hdf5::Handle open_hdf5(const std::string& path) {
  hdf5::start();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    throw DataError(fmt::format("{}: {}; correct /dataset/file", path, error ? error.message() : "no such file"));
  }
  file::expect_regular(path, "correct /dataset/file");
  const hdf5::Handle access = hdf5::file_access();  // outlives the message: closing it would clear HDF5's errors
  hdf5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose);
  if (!file.is_valid()) {
    throw DataError(fmt::format("{}: cannot be opened as an HDF5 file: {}; write it anew, or correct /dataset/file",
                                path, hdf5::last_error()));
  }
  return file;
}

/// `option`: the dataset's option that names the group.
Hdf5Split open_hdf5_split(hid_t file, const std::string& path, const std::string& group, const char* option) {
  Hdf5Split split;
  split.name = fmt::format("{}:/{}", path, group);
  const auto open = [&](const char* name) {
    hdf5::Handle dataset(H5Dopen2(file, fmt::format("/{}/{}", group, name).c_str(), H5P_DEFAULT), H5Dclose);
    H5Eclear2(H5E_DEFAULT);
    if (!dataset.is_valid()) {
      throw DataError(
          fmt::format("{}: holds no dataset '{}' (a split has 'images' and 'labels'); write it, or correct "
                      "/dataset/{}",
                      split.name, name, option));
    }
    return dataset;
  };
  split.images = open("images");
  split.labels = open("labels");
  split.shape = hdf5_shape(split.images.get());
  const std::vector<std::int64_t> labels = hdf5_shape(split.labels.get());
  const hdf5::Handle pixel(H5Dget_type(split.images.get()), H5Tclose);
  const hdf5::Handle label(H5Dget_type(split.labels.get()), H5Tclose);
  split.bytes = H5Tequal(pixel.get(), H5T_NATIVE_UINT8) > 0;
  if (!split.bytes && H5Tget_class(pixel.get()) != H5T_FLOAT) {
    throw DataError(
        fmt::format("{}: 'images' are neither unsigned bytes nor floating-point numbers; convert them", split.name));
  }
  if (split.shape.size() < 2 || split.shape.size() > 4) {
    throw DataError(
        fmt::format("{}: 'images' have the shape [{}]; write [n, inputs], [n, height, width] or [n, channels, height, "
                    "width]",
                    split.name, fmt::join(split.shape, ", ")));
  }
  if (std::count(split.shape.begin(), split.shape.end(), 0) > 0) {
    throw DataError(fmt::format("{}: 'images' have the shape [{}] (nothing to train or test on); write some",
                                split.name, fmt::join(split.shape, ", ")));
  }
  if (H5Tget_class(label.get()) != H5T_INTEGER || labels != std::vector<std::int64_t>{split.shape[0]}) {
    const H5T_class_t found = H5Tget_class(label.get());
    const char* type = found == H5T_INTEGER  ? "integers"
                       : found == H5T_FLOAT  ? "floating-point numbers"
                       : found == H5T_STRING ? "texts"
                                             : "neither integers nor numbers";
    throw DataError(
        fmt::format("{}: 'labels' are {} of the shape [{}]; write {} integers, the number of each image's class",
                    split.name, type, fmt::join(labels, ", "), split.shape[0]));
  }
  for (const auto& [name, dataset] :
       {std::pair{"images", split.images.get()}, std::pair{"labels", split.labels.get()}}) {
    if (const std::string reason = hdf5::unreadable_because(dataset, path); !reason.empty()) {
      throw DataError(fmt::format("{}: '{}' {}", split.name, name, reason));
    }
  }
  return split;
}

struct Hdf5Splits {
  hdf5::Handle file;
  Hdf5Split train;
  Hdf5Split test;
};

Hdf5Splits open_hdf5_splits(const Hdf5& own) {
  hdf5::Handle file = open_hdf5(own.file);
  Hdf5Split train = open_hdf5_split(file.get(), own.file, own.train, "train");
  Hdf5Split test = open_hdf5_split(file.get(), own.file, own.test, "test");
  return {std::move(file), std::move(train), std::move(test)};
}

template <typename Value>
std::vector<Value> read_first(const Hdf5Split& split, hid_t dataset, hid_t type, const std::string& name,
                              std::int64_t samples) {
  std::vector<hsize_t> extents;
  for (const std::int64_t extent : hdf5_shape(dataset)) extents.push_back(static_cast<hsize_t>(extent));
  extents[0] = static_cast<hsize_t>(samples);
  hsize_t size = 1;
  for (const hsize_t extent : extents) size *= extent;
  std::vector<Value> values(size);
  const std::vector<hsize_t> start(extents.size(), 0);
  const hdf5::Handle space(H5Dget_space(dataset), H5Sclose);
  const hdf5::Handle memory(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose);
  H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, extents.data(), nullptr);
  if (H5Dread(dataset, type, memory.get(), space.get(), H5P_DEFAULT, values.data()) < 0) {
    throw DataError(fmt::format("{}: cannot read '{}': {}; write the file anew", split.name, name, hdf5::last_error()));
  }
  return values;
}

/// Throws DataError where a value lies outside the range that the study names, and says what range the values have.
void check_hdf5_values(const Hdf5Split& split, const std::vector<float>& values, double lower, double upper) {
  const auto is_wrong = [&](float value) { return !(value >= lower && value <= upper); };
  const auto wrong = std::find_if(values.begin(), values.end(), is_wrong);
  if (wrong == values.end()) return;
  float least = INFINITY, most = -INFINITY;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  const auto size = std::accumulate(split.shape.begin() + 1, split.shape.end(), std::int64_t{1}, std::multiplies<>());
  throw DataError(
      fmt::format("{}: value {} of sample {} is outside [{}, {}] (the values are {} to {}); correct it, or "
                  "/dataset/lower and upper",
                  split.name, *wrong, (wrong - values.begin()) / size, lower, upper, least, most));
}

study::DatasetInfo hdf5_info(const Hdf5& own) {
  const auto [file, train, test] = open_hdf5_splits(own);
  if (!std::equal(train.shape.begin() + 1, train.shape.end(), test.shape.begin() + 1, test.shape.end()) ||
      train.bytes != test.bytes) {
    throw DataError(fmt::format("{}: 'images' have another shape or type than those of {}; write both alike", test.name,
                                train.name));
  }
  study::DatasetInfo info;
  info.input_shape.assign(4 - train.shape.size(), 1);
  info.input_shape.insert(info.input_shape.end(), train.shape.begin() + 1, train.shape.end());
  info.classes = own.classes;
  if (!train.bytes) {
    info.value_bytes = 4;
    info.lower = own.lower;
    info.upper = own.upper;
  }
  choose_samples(info, own, {train.shape[0], test.shape[0], train.name, test.name});
  return info;
}

}  // namespace

#ifdef EIGENSWEEP_DECLARATIONS
namespace {

/// Whether a dataset is virtual or keeps its values in external files.
bool lies_elsewhere(hid_t dataset) {
  const hdf5::Handle properties(H5Dget_create_plist(dataset), H5Pclose);
  return H5Pget_layout(properties.get()) == H5D_VIRTUAL || H5Pget_external_count(properties.get()) > 0;
}

/// The file and those that its external links lead to; nullopt if some values lie in yet other files.
std::optional<std::vector<std::filesystem::path>> hdf5_files(const Hdf5& own) {
  const Hdf5Splits splits = open_hdf5_splits(own);
  std::set<std::filesystem::path> files{own.file};
  for (const hdf5::Handle* dataset :
       {&splits.train.images, &splits.train.labels, &splits.test.images, &splits.test.labels}) {
    if (lies_elsewhere(dataset->get())) return std::nullopt;
    std::string name(static_cast<std::size_t>(std::max<ssize_t>(H5Fget_name(dataset->get(), nullptr, 0), 0)), '\0');
    H5Fget_name(dataset->get(), name.data(), name.size() + 1);
    if (!name.empty()) files.insert(name);
  }
  return std::vector<std::filesystem::path>(files.begin(), files.end());
}

/// `info` says what is wrong with a file that is not there.
bool is_there(const Hdf5& own) {
  std::error_code error;
  return std::filesystem::is_regular_file(own.file, error);
}

/// A run reads all values; a study that is only validated is at least wrong where the first ones are.
void check_first_values(const Hdf5& own) {
  constexpr std::int64_t most = 1000;
  const Hdf5Splits splits = open_hdf5_splits(own);
  for (const Hdf5Split* split : {&splits.train, &splits.test}) {
    if (split->bytes) continue;
    const std::int64_t samples = std::min(split->shape[0], most);
    check_hdf5_values(*split, read_first<float>(*split, split->images.get(), H5T_NATIVE_FLOAT, "images", samples),
                      own.lower, own.upper);
  }
}

/// A warning where images look as TensorFlow and matplotlib have them: [n, height, width, channels].
std::string channels_last(const Hdf5& own) {
  const std::vector<std::int64_t> shape = open_hdf5_splits(own).train.shape;
  const auto counts_channels = [](std::int64_t size) { return size == 1 || size == 3; };
  if (shape.size() != 4 || counts_channels(shape[1]) || !counts_channels(shape[3])) return "";
  return fmt::format(
      "images have the shape [{}], which is read as {} channels of {} x {} pixels; if the channels come last, write "
      "them first: numpy.moveaxis(images, -1, 1)",
      fmt::join(shape, ", "), shape[1], shape[2], shape[3]);
}

std::vector<std::uint8_t> read_hdf5_labels(const Hdf5Split& split) {
  std::vector<std::uint8_t> labels;
  for (const std::int64_t label :
       read_first<std::int64_t>(split, split.labels.get(), H5T_NATIVE_INT64, "labels", split.shape[0])) {
    // 255 stands for labels that do not fit a byte: it is out of range for up to 255 classes.
    labels.push_back(label < 0 || label > 255 ? 255 : static_cast<std::uint8_t>(label));
  }
  return labels;
}

std::optional<study::Labels> hdf5_labels(const Hdf5& own, std::int64_t most_bytes) {
  const auto [file, train, test] = open_hdf5_splits(own);
  study::Labels labels;
  labels.cost = (train.shape[0] + test.shape[0]) * static_cast<std::int64_t>(sizeof(std::int64_t));
  if (labels.cost > most_bytes) return std::nullopt;
  labels.train = read_hdf5_labels(train);
  labels.test = read_hdf5_labels(test);
  return labels;
}

}  // namespace

study::Kind declare_hdf5() {
  study::Kind kind = study::declare<Hdf5>(
      study::Family::dataset, "hdf5",
      "own data in an HDF5 file: groups with the datasets images [n, inputs], [n, height, width] or [n, channels, "
      "height, width] (bytes, which stand for [0, 1], or floats as they are) and labels [n]");
  kind.info = study::typed<Hdf5>(hdf5_info);
  kind.files = study::typed<Hdf5>(hdf5_files);
  kind.labels = study::typed<Hdf5>(hdf5_labels);
  kind.refuse = study::typed<Hdf5>([](const Hdf5& own, const Json&) -> std::string {
    if (own.lower >= own.upper) {
      return fmt::format("lower {} is not below upper {}, so there is no input; give the floats' range", own.lower,
                         own.upper);
    }
    if (is_there(own)) check_first_values(own);
    return "";
  });
  kind.warn = study::typed<Hdf5>(
      [](const Hdf5& own, const Json&) { return is_there(own) ? channels_last(own) : std::string(); });
  return kind;
}
#else
namespace {

Split read_hdf5_split(const Hdf5Split& from, const study::DatasetInfo& info, std::int64_t samples) {
  Split split;
  split.labels = read_first<std::int64_t>(from, from.labels.get(), H5T_NATIVE_INT64, "labels", samples);
  for (std::size_t i = 0; i < split.labels.size(); ++i) {
    if (split.labels[i] >= 0 && split.labels[i] < info.classes) continue;
    throw DataError(fmt::format("{}: label {} of sample {} is out of range (0 to {}); correct it, or /dataset/classes",
                                from.name, split.labels[i], i, info.classes - 1));
  }
  if (from.bytes) {
    split.images = read_first<std::uint8_t>(from, from.images.get(), H5T_NATIVE_UINT8, "images", samples);
    return split;
  }
  split.values = read_first<float>(from, from.images.get(), H5T_NATIVE_FLOAT, "images", samples);
  check_hdf5_values(from, split.values, info.lower, info.upper);
  return split;
}

}  // namespace

Dataset load_hdf5(const Json& options) {
  const auto own = study::read<Hdf5>(options);
  Dataset dataset;
  dataset.info = hdf5_info(own);
  const Hdf5Splits splits = open_hdf5_splits(own);
  dataset.train =
      read_hdf5_split(splits.train, dataset.info, dataset.info.train_samples + dataset.info.validation_samples);
  dataset.test = read_hdf5_split(splits.test, dataset.info, dataset.info.test_samples);
  return dataset;
}
#endif

}  // namespace eigensweep::data
