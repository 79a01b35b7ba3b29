// SPDX-License-Identifier: MIT
// Storage of own data: values that HDF5 cannot read, or would make up, are refused from the headers.
#include <fmt/format.h>

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "hdf5_file.hpp"

using namespace eigensweep;

namespace {

/// A filter that changes nothing, with the number and name of a filter that this library does not have.
class ForeignFilter {
 public:
  static constexpr H5Z_filter_t number = 32000;
  ForeignFilter() {
    const H5Z_class2_t filter{H5Z_CLASS_T_VERS, number, 1, 1, "lzf", nullptr, nullptr, pass};
    REQUIRE(H5Zregister(&filter) >= 0);
  }
  ~ForeignFilter() { H5Zunregister(number); }
  ForeignFilter(const ForeignFilter&) = delete;
  ForeignFilter& operator=(const ForeignFilter&) = delete;

 private:
  static std::size_t pass(unsigned, std::size_t, const unsigned*, std::size_t size, std::size_t*, void**) {
    return size;
  }
};

/// Replaces /`group`/`name` of `file` by a dataset of that shape and type, made with `creation`.
hdf5::Handle remake(const std::filesystem::path& file, const std::string& dataset, const std::vector<hsize_t>& shape,
                    hid_t type, hid_t creation) {
  const hdf5::Handle opened(H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
  REQUIRE(H5Ldelete(opened.get(), dataset.c_str(), H5P_DEFAULT) >= 0);
  const hdf5::Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
  hdf5::Handle made(H5Dcreate2(opened.get(), dataset.c_str(), type, space.get(), H5P_DEFAULT, creation, H5P_DEFAULT),
                    H5Dclose);
  REQUIRE(made.is_valid());
  return made;
}

const std::vector<std::string> all_datasets{"/train/images", "/train/labels", "/test/images", "/test/labels"};
const std::vector<hsize_t> images_shape{3, 2, 2};
const std::vector<hsize_t> labels_shape{3};

bool is_images(const std::string& dataset) { return dataset.ends_with("images"); }
const std::vector<hsize_t>& shape_of(const std::string& dataset) {
  return is_images(dataset) ? images_shape : labels_shape;
}
hid_t type_of(const std::string& dataset) { return is_images(dataset) ? H5T_IEEE_F64LE : H5T_STD_I32LE; }

void fill(const hdf5::Handle& dataset) {
  const std::vector<double> values(12, 1);
  REQUIRE(H5Dwrite(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
}

std::string name_in(const std::filesystem::path& file, const std::string& dataset) {
  const std::size_t slash = dataset.rfind('/');
  return fmt::format("{}:{}: '{}'", file.string(), dataset.substr(0, slash), dataset.substr(slash + 1));
}

}  // namespace

TEST_CASE("a filter that this HDF5 has not is named before anything is read, with the way out") {
  const Scratch scratch;
  for (const std::string& dataset : all_datasets) {
    const std::filesystem::path file = write(scratch, {}, {});
    const hdf5::Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const std::vector<hsize_t>& shape = shape_of(dataset);
    H5Pset_chunk(creation.get(), static_cast<int>(shape.size()), shape.data());
    H5Pset_shuffle(creation.get());  // a filter that is always available
    {
      const ForeignFilter lzf;
      H5Pset_filter(creation.get(), ForeignFilter::number, H5Z_FLAG_OPTIONAL, 0, nullptr);
      fill(remake(file, dataset, shape, type_of(dataset), creation.get()));
    }
    CHECK(hdf5_complaint(hdf5_asked(file)) ==
          name_in(file, dataset) +
              " are compressed with the filter 'lzf' (32000), which this HDF5 library cannot read; write the file anew "
              "with compression=\"gzip\", or, where the filter is installed, run `h5repack -f GZIP=4 OLD NEW`");
  }
}

TEST_CASE("numbers that HDF5 would make up are refused: nothing written, external files or parts that are gone") {
  const Scratch scratch;
  for (const std::string& dataset : all_datasets) {
    const std::filesystem::path file = write(scratch, {}, {});
    remake(file, dataset, shape_of(dataset), type_of(dataset), H5P_DEFAULT);
    CHECK(hdf5_complaint(hdf5_asked(file)) ==
          name_in(file, dataset) +
              " were never written (their place is declared and empty; HDF5 would read zeros); write them");
  }
  const std::string dataset = "/test/images";
  const std::filesystem::path raw = scratch.path() / "raw.bin";
  const std::filesystem::path file = write(scratch, {}, {});
  const hdf5::Handle external(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_external(external.get(), raw.c_str(), 0, 96);
  fill(remake(file, dataset, images_shape, H5T_IEEE_F64LE, external.get()));
  CHECK(hdf5_complaint(hdf5_asked(file)) == "no error");
  std::filesystem::resize_file(raw, 40);
  CHECK(hdf5_complaint(hdf5_asked(file)) ==
        name_in(file, dataset) + " lie in the external file '" + raw.string() +
            "', which is too short: 40 bytes of 96 (HDF5 would read zeros); bring the whole file back");
  std::filesystem::remove(raw);
  CHECK(
      hdf5_complaint(hdf5_asked(file)) ==
      name_in(file, dataset) + " lie in the external file '" + raw.string() +
          "', which cannot be read (No such file or directory; a relative name counts from the current folder, or from "
          "HDF5_EXTFILE_PREFIX); bring it back, or write one file with all in it");
}

TEST_CASE("a dataset of which chunks were never written is refused, compressed or not") {
  for (const bool compressed : {false, true}) {
    for (const std::string& dataset : all_datasets) {
      const Scratch scratch;
      const std::filesystem::path file = write(scratch, {}, {});
      const hdf5::Handle chunked(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
      const std::vector<hsize_t> chunk = is_images(dataset) ? std::vector<hsize_t>{2, 2, 1} : std::vector<hsize_t>{2};
      H5Pset_chunk(chunked.get(), static_cast<int>(chunk.size()), chunk.data());
      if (compressed) H5Pset_deflate(chunked.get(), 4);
      {
        const hdf5::Handle made = remake(file, dataset, shape_of(dataset), type_of(dataset), chunked.get());
        const hdf5::Handle space(H5Dget_space(made.get()), H5Sclose);
        std::vector<hsize_t> start(chunk.size(), 0), count(shape_of(dataset));
        count[0] = 1;
        H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
        const hdf5::Handle memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
        const std::vector<double> values(4, 0);
        REQUIRE(H5Dwrite(made.get(), H5T_NATIVE_DOUBLE, memory.get(), space.get(), H5P_DEFAULT, values.data()) >= 0);
      }
      CHECK(hdf5_complaint(hdf5_asked(file)) ==
            name_in(file, dataset) + fmt::format(" were written in part ({} chunks; HDF5 would read zeros for the "
                                                 "others); write the others, or a file anew",
                                                 is_images(dataset) ? "2 of 4" : "1 of 2"));
      fill(remake(file, dataset, shape_of(dataset), type_of(dataset), chunked.get()));
      CHECK(hdf5_complaint(hdf5_asked(file)) == "no error");
    }
  }
}

TEST_CASE("a virtual dataset is read where its parts are there, and refused where one is not") {
  const Scratch scratch;
  const std::string dataset = "/train/images";
  const std::filesystem::path file = write(scratch, {}, {});
  const std::filesystem::path part = scratch.path() / "part.h5";
  std::filesystem::copy_file(file, part);
  const hdf5::Handle space(H5Screate_simple(3, images_shape.data(), nullptr), H5Sclose);
  const auto refer_to = [&](const char* name) {
    hdf5::Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    REQUIRE(H5Pset_virtual(creation.get(), space.get(), "part.h5", name, space.get()) >= 0);
    remake(file, dataset, images_shape, H5T_IEEE_F64LE, creation.get());
  };
  refer_to("/test/images");
  CHECK(hdf5_complaint(hdf5_asked(file)) == "no error");
  CHECK(loaded(hdf5_asked(file)).train.values == Part{}.pixels);
  refer_to("/other/images");
  const std::string gone = " are a virtual dataset whose part '{}' of the file '" + part.string() +
                           "' is not there (HDF5 would read zeros); bring it back, or write one file with all in it";
  CHECK(hdf5_complaint(hdf5_asked(file)) == name_in(file, dataset) + fmt::format(fmt::runtime(gone), "/other/images"));
  refer_to("/test/images");
  {
    const ForeignFilter lzf;
    const hdf5::Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_chunk(creation.get(), 3, images_shape.data());
    H5Pset_filter(creation.get(), ForeignFilter::number, H5Z_FLAG_OPTIONAL, 0, nullptr);
    fill(remake(part, "/test/images", images_shape, H5T_IEEE_F64LE, creation.get()));
  }
  CHECK_THAT(hdf5_complaint(hdf5_asked(file)), Catch::Contains("are compressed with the filter 'lzf' (32000)"));
  std::filesystem::remove(part);
  CHECK_THAT(hdf5_complaint(hdf5_asked(file)),
             Catch::Contains("whose part '/test/images' of the file 'part.h5' is not there"));
}

TEST_CASE("every type that HDF5 converts is read, every other one refused") {
  const Scratch scratch;
  const Part part;
  const auto with = [&](const std::string& dataset, hid_t type) {
    const std::filesystem::path file = write(scratch, part, part);
    const hdf5::Handle made = remake(file, dataset, shape_of(dataset), type, H5P_DEFAULT);
    if (H5Tget_class(type) == H5T_FLOAT || H5Tget_class(type) == H5T_INTEGER) fill(made);
    return file;
  };
  const hdf5::Handle half(H5Tcopy(H5T_IEEE_F32BE), H5Tclose);
  H5Tset_fields(half.get(), 15, 10, 5, 0, 10);
  H5Tset_precision(half.get(), 16);
  H5Tset_ebias(half.get(), 15);
  H5Tset_size(half.get(), 2);
  for (const hid_t type : {half.get(), H5T_IEEE_F32BE, H5T_IEEE_F64BE, H5T_NATIVE_LDOUBLE}) {
    const data::Dataset set = loaded(hdf5_asked(with("/train/images", type)));
    CHECK(set.train.values == std::vector<float>(12, 1));
  }
  for (const hid_t type : {H5T_STD_U8LE, H5T_STD_I64BE, H5T_STD_U64LE, H5T_STD_I16BE}) {
    const data::Dataset set = loaded(hdf5_asked(with("/train/labels", type)));
    CHECK(set.train.labels == std::vector<std::int64_t>(3, 1));
  }
  const hdf5::Handle compound(H5Tcreate(H5T_COMPOUND, 8), H5Tclose);
  H5Tinsert(compound.get(), "x", 0, H5T_IEEE_F64LE);
  const hdf5::Handle lists(H5Tvlen_create(H5T_IEEE_F64LE), H5Tclose);
  const hdf5::Handle words = hdf5::type_of("text");
  for (const hid_t type : {compound.get(), lists.get(), words.get(), H5T_STD_I8LE, H5T_STD_U16LE}) {
    const std::filesystem::path file = with("/train/images", type);
    CHECK(hdf5_complaint(hdf5_asked(file)) ==
          file.string() + ":/train: 'images' are neither unsigned bytes nor floating-point numbers; convert them");
  }
  for (const hid_t type : {compound.get(), lists.get(), words.get(), H5T_IEEE_F32LE}) {
    const std::filesystem::path file = with("/train/labels", type);
    CHECK_THAT(hdf5_complaint(hdf5_asked(file)),
               Catch::StartsWith(file.string() + ":/train: 'labels' are ") &&
                   Catch::EndsWith(" of the shape [3]; write 3 integers, the number of each image's class"));
  }
}

TEST_CASE("a folder, or a place that cannot be looked at, is no HDF5 file") {
  const Scratch scratch;
  CHECK(hdf5_complaint(hdf5_asked(scratch.path())) ==
        scratch.path().string() + ": is a folder, not a file; correct /dataset/file");
  const std::filesystem::path fifo = scratch.path() / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(hdf5_complaint(hdf5_asked(fifo)) == fifo.string() + ": is a FIFO, not a file; correct /dataset/file");
  const std::filesystem::path longer = scratch.path() / std::string(300, 'x');
  CHECK(hdf5_complaint(hdf5_asked(longer)) == longer.string() + ": File name too long; correct /dataset/file");
}
