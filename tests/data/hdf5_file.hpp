// SPDX-License-Identifier: MIT
// Small data sets in HDF5 files, and what the reader says of them.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/hdf5/hdf5.hpp"
#include "loaded.hpp"
#include "scratch.hpp"

namespace eigensweep {

struct Part {
  std::vector<hsize_t> shape{3, 2, 2};
  std::vector<float> pixels{0, 0.25, 0.5, 1, 0, 0, 0, 0, 1, 1, 1, 1};
  std::vector<int> labels{0, 1, 1};
  bool bytes = false;
};

inline void write(hid_t file, const std::string& group, const Part& part) {
  const hdf5::Handle made(H5Gcreate2(file, group.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  const auto add = [&](const char* name, const std::vector<hsize_t>& shape, hid_t stored, hid_t memory,
                       const void* values) {
    const hdf5::Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
    const hdf5::Handle dataset(H5Dcreate2(made.get(), name, stored, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                               H5Dclose);
    REQUIRE(H5Dwrite(dataset.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  };
  add("images", part.shape, part.bytes ? H5T_STD_U8LE : H5T_IEEE_F64LE, H5T_NATIVE_FLOAT, part.pixels.data());
  if (!part.labels.empty()) add("labels", {part.labels.size()}, H5T_STD_I32LE, H5T_NATIVE_INT, part.labels.data());
}

inline std::filesystem::path write(const Scratch& scratch, const Part& train, const Part& test) {
  hdf5::start();
  std::filesystem::path path = scratch.path() / "own.h5";
  const hdf5::Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  write(file.get(), "train", train);
  write(file.get(), "test", test);
  return path;
}

inline Json hdf5_asked(const std::filesystem::path& file) {
  return {{"kind", "hdf5"}, {"file", file.string()}, {"classes", 2}};
}

inline std::string hdf5_complaint(const Json& options) {
  try {
    loaded(options);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace eigensweep
