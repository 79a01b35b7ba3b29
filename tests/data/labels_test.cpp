// SPDX-License-Identifier: MIT
// What a dataset's declaration says of its content without loading it: files and labels.
#include <catch2/catch.hpp>
#include <fstream>

#include "eigensweep/catalog.hpp"
#include "eigensweep/data/dataset.hpp"
#include "eigensweep/hdf5/hdf5.hpp"
#include "idx_file.hpp"
#include "resolved.hpp"
#include "scratch.hpp"

using namespace eigensweep;

namespace {

constexpr std::int64_t enough = std::int64_t{1} << 28;

/// Eight training and four test samples, one byte each.
void write_idx(const std::filesystem::path& folder) {
  write_plain(folder / "train-images-idx3-ubyte", idx_bytes(0x803, {8, 1, 1}, "abcdefgh"));
  write_gzip(folder / "train-labels-idx1-ubyte.gz", idx_bytes(0x801, {8}, std::string("\0\0\0\1\1\1\2\2", 8)));
  write_plain(folder / "t10k-images-idx3-ubyte", idx_bytes(0x803, {4, 1, 1}, "ijkl"));
  write_plain(folder / "t10k-labels-idx1-ubyte", idx_bytes(0x801, {4}, std::string("\2\1\0\0", 4)));
}

void write_cifar(const std::filesystem::path& folder) {
  for (int file = 1; file <= 6; ++file) {
    std::string bytes(std::size_t{10000} * 3073, '\7');
    for (std::size_t i = 0; i < 10000; ++i)
      bytes[i * 3073] = static_cast<char>((i + static_cast<std::size_t>(file)) % 10);
    write_plain(folder / (file == 6 ? "test_batch.bin" : "data_batch_" + std::to_string(file) + ".bin"), bytes);
  }
}

void write_numbers(hid_t file, const std::string& path, const std::vector<hsize_t>& shape, hid_t type,
                   const void* values) {
  const hdf5::Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
  const hdf5::Handle parents(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(parents.get(), 1);
  const hdf5::Handle dataset(H5Dcreate2(file, path.c_str(), type, space.get(), parents.get(), H5P_DEFAULT, H5P_DEFAULT),
                             H5Dclose);
  REQUIRE(H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
}

void write_hdf5(const std::filesystem::path& path, const std::vector<std::string>& splits) {
  hdf5::start();
  const hdf5::Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  const std::vector<float> images(6, 0.5F);
  const std::vector<int> labels{0, 2, 1};
  for (const std::string& split : splits) {
    write_numbers(file.get(), "/" + split + "/images", {3, 2}, H5T_NATIVE_FLOAT, images.data());
    write_numbers(file.get(), "/" + split + "/labels", {3}, H5T_NATIVE_INT, labels.data());
  }
}

/// The kind's section: the given options, and the defaults for the rest.
Json section(const study::Kind& kind, Json given) {
  given["kind"] = kind.name;
  return resolved(study::Family::dataset, given);
}

Json small_options(const std::string& kind, const Scratch& scratch) {
  if (kind == "mnist") return Json::object();
  if (kind == "idx_folder") return {{"folder", scratch.path().string()}, {"classes", 3}};
  if (kind == "cifar10") return {{"folder", scratch.path().string()}};
  if (kind == "hdf5") return {{"file", (scratch.path() / "own.h5").string()}, {"classes", 3}};
  return {{"train_samples", 50}, {"test_samples", 20}};
}

std::vector<std::int64_t> wide(const std::vector<std::uint8_t>& labels) { return {labels.begin(), labels.end()}; }

}  // namespace

TEST_CASE("the labels that every dataset declares are those that it loads") {
  const Scratch scratch;
  write_idx(scratch.path());
  write_cifar(scratch.path());
  write_hdf5(scratch.path() / "own.h5", {"train", "test"});
  for (const study::Kind& kind : catalog().all()) {
    if (kind.family != study::Family::dataset) continue;
    INFO(kind.name);
    const Json options = section(kind, small_options(kind.name, scratch));
    const data::Dataset set = data::load(options);
    const auto labels = kind.labels(options, enough);
    REQUIRE(labels);
    CHECK(wide(labels->train) == set.train.labels);
    CHECK(wide(labels->test) == set.test.labels);
    CHECK(kind.content_hash(options) == set.sha256);
    CHECK_FALSE(kind.labels(options, 0));
    const auto files = kind.files(options);
    REQUIRE(files);
    bool has_path = false;
    for (const study::Option& option : kind.options.all()) has_path = has_path || option.path;
    CHECK(files->empty() == !has_path);
    for (const auto& file : *files) CHECK(std::filesystem::is_regular_file(file));
  }
}

TEST_CASE("labels and files do not depend on how many samples are chosen") {
  const Scratch scratch;
  write_idx(scratch.path());
  const study::Kind& kind = *catalog().find(study::Family::dataset, "idx_folder");
  const Json options =
      section(kind, {{"folder", scratch.path().string()}, {"classes", 3}, {"train_samples", 2}, {"test_samples", 1}});
  const auto labels = kind.labels(options, 12);
  REQUIRE(labels);
  CHECK(labels->train.size() == 8);
  CHECK(labels->test.size() == 4);
  CHECK(labels->cost == 12);
  CHECK_FALSE(kind.labels(options, 11));
}

TEST_CASE("the files of an HDF5 file with external links are all that it leads to") {
  const Scratch scratch;
  write_hdf5(scratch.path() / "other.h5", {"test"});
  write_hdf5(scratch.path() / "own.h5", {"train"});
  {
    const hdf5::Handle file(H5Fopen((scratch.path() / "own.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    REQUIRE(H5Lcreate_external((scratch.path() / "other.h5").c_str(), "/test", file.get(), "test", H5P_DEFAULT,
                               H5P_DEFAULT) >= 0);
  }
  const study::Kind& kind = *catalog().find(study::Family::dataset, "hdf5");
  const auto files = kind.files(section(kind, {{"file", (scratch.path() / "own.h5").string()}}));
  REQUIRE(files);
  CHECK(*files == std::vector<std::filesystem::path>{scratch.path() / "other.h5", scratch.path() / "own.h5"});
}

TEST_CASE("the files of a virtual HDF5 dataset cannot be told") {
  const Scratch scratch;
  write_hdf5(scratch.path() / "other.h5", {"train", "test"});
  write_hdf5(scratch.path() / "own.h5", {"train"});
  {
    const hdf5::Handle file(H5Fopen((scratch.path() / "own.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    const hdf5::Handle group(H5Gcreate2(file.get(), "test", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    const auto add = [&](const char* name, const std::vector<hsize_t>& shape, hid_t type) {
      const hdf5::Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
      const hdf5::Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
      REQUIRE(H5Pset_virtual(properties.get(), space.get(), (scratch.path() / "other.h5").c_str(),
                             (std::string("/test/") + name).c_str(), space.get()) >= 0);
      const hdf5::Handle made(
          H5Dcreate2(group.get(), name, type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Dclose);
      REQUIRE(made.is_valid());
    };
    add("images", {3, 2}, H5T_NATIVE_FLOAT);
    add("labels", {3}, H5T_NATIVE_INT);
  }
  const study::Kind& kind = *catalog().find(study::Family::dataset, "hdf5");
  CHECK_FALSE(kind.files(section(kind, {{"file", (scratch.path() / "own.h5").string()}})));
}
