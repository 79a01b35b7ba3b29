// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <fstream>
#include <limits>

#include "eigensweep/catalog.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "hdf5_file.hpp"

using namespace eigensweep;

TEST_CASE("own data is read from an HDF5 file, as floats or as bytes") {
  const Scratch scratch;
  const Part floats;
  Json options = hdf5_asked(write(scratch, floats, floats));
  options["test_samples"] = 2;
  const data::Dataset set = loaded(options);
  CHECK(set.info.input_shape == std::vector<std::int64_t>{1, 2, 2});
  CHECK(set.info.train_samples == 3);
  CHECK(set.train.values == floats.pixels);
  CHECK(set.train.images.empty());
  CHECK(set.train.labels == std::vector<std::int64_t>{0, 1, 1});
  CHECK(set.test.values == std::vector<float>(floats.pixels.begin(), floats.pixels.begin() + 8));

  Part bytes;
  bytes.bytes = true;
  bytes.shape = {2, 3, 1, 2};
  bytes.pixels = {0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 11};
  bytes.labels = {1, 0};
  const data::Dataset other = loaded(hdf5_asked(write(scratch, bytes, bytes)));
  CHECK(other.info.input_shape == std::vector<std::int64_t>{3, 1, 2});
  CHECK(other.train.images == std::vector<std::uint8_t>{0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 11});
  CHECK(other.train.values.empty());
}

TEST_CASE("an HDF5 file that cannot be a dataset is refused with what to do") {
  const Scratch scratch;
  const Part good;
  const auto at = [&](const std::string& group) { return (scratch.path() / "own.h5").string() + ":/" + group; };
  CHECK(hdf5_complaint(hdf5_asked(scratch.path() / "none.h5")) ==
        (scratch.path() / "none.h5").string() + ": no such file; correct /dataset/file");
  Part part = good;
  part.labels = {};
  CHECK(hdf5_complaint(hdf5_asked(write(scratch, part, good))) ==
        at("train") +
            ": holds no dataset 'labels' (a split has 'images' and 'labels'); write it, or correct "
            "/dataset/train");
  part.labels = {0, 1};
  CHECK(hdf5_complaint(hdf5_asked(write(scratch, good, part))) ==
        at("test") + ": 'labels' are integers of the shape [2]; write 3 integers, the number of each image's class");
  part.labels = {0, 1, 2};
  CHECK(hdf5_complaint(hdf5_asked(write(scratch, part, good))) ==
        at("train") + ": label 2 of sample 2 is out of range (0 to 1); correct it, or /dataset/classes");
  part = good;
  part.pixels[5] = 1.5F;
  CHECK(hdf5_complaint(hdf5_asked(write(scratch, part, good))) ==
        at("train") +
            ": value 1.5 of sample 1 is outside [0, 1] (the values are 0 to 1.5); correct it, or /dataset/lower and "
            "upper");
  part.pixels[5] = std::numeric_limits<float>::quiet_NaN();
  CHECK(
      hdf5_complaint(hdf5_asked(write(scratch, part, good))) ==
      at("train") +
          ": value nan of sample 1 is outside [0, 1] (the values are 0 to 1); correct it, or /dataset/lower and upper");
  part = good;
  part.shape = {3, 4};
  CHECK(hdf5_complaint(hdf5_asked(write(scratch, good, part))) ==
        at("test") + ": 'images' have another shape or type than those of " + at("train") + "; write both alike");
  part.shape = {12};
  CHECK(hdf5_complaint(hdf5_asked(write(scratch, part, part))) ==
        at("train") +
            ": 'images' have the shape [12]; write [n, inputs], [n, height, width] or [n, channels, height, "
            "width]");
  part.shape = {0, 4};
  CHECK(hdf5_complaint(hdf5_asked(write(scratch, part, part))) ==
        at("train") + ": 'images' have the shape [0, 4] (nothing to train or test on); write some");
  Json options = hdf5_asked(write(scratch, good, good));
  options["train_samples"] = 4;
  CHECK(hdf5_complaint(options) ==
        at("train") + ": holds 3 images, fewer than train_samples 4 asks for; ask for fewer, or 0 for all");
}

TEST_CASE("an HDF5 file that is cut, empty or none is refused") {
  const Scratch scratch;
  const Part good;
  const std::filesystem::path file = write(scratch, good, good);
  const auto size = std::filesystem::file_size(file);
  for (const std::uintmax_t length : {std::uintmax_t{0}, std::uintmax_t{100}, size / 2, size - 1}) {
    write(scratch, good, good);
    std::filesystem::resize_file(file, length);
    const std::string message = hdf5_complaint(hdf5_asked(file));
    INFO(length << ": " << message);
    CHECK(message.starts_with(file.string()));
    CHECK(message.find("; write") != std::string::npos);
  }
  std::ofstream(file) << "no HDF5 file at all";
  CHECK(hdf5_complaint(hdf5_asked(file)) ==
        file.string() +
            ": cannot be opened as an HDF5 file: file signature not found; write it anew, or correct /dataset/file");
}

TEST_CASE("a study of own data is refused without a run where the first values are out of range") {
  const Scratch scratch;
  const Part good;
  Part part = good;
  part.pixels[5] = -2.5F;
  const Json study{{"name", "own"}, {"dataset", hdf5_asked(write(scratch, good, part))}, {"model", {{"width", 4}}}};
  CHECK_THROWS_WITH(study::parse_study(study.dump(), scratch.path() / "s.json", catalog()),
                    Catch::Contains(":/test: value -2.5 of sample 1 is outside [0, 1] (the values are -2.5 to 1)"));
}

TEST_CASE("images whose channels come last are warned of") {
  const Scratch scratch;
  Part part;
  part.bytes = true;
  part.labels = {1, 0};
  const auto warnings = [&](const std::vector<std::int64_t>& shape) {
    part.shape = {shape.begin(), shape.end()};
    part.pixels.assign(24, 1);
    const Json study{{"name", "own"}, {"dataset", hdf5_asked(write(scratch, part, part))}, {"model", {{"width", 4}}}};
    std::string all;
    for (const std::string& warning : study::parse_study(study.dump(), scratch.path() / "s.json", catalog()).warnings)
      all += warning + "\n";
    return all;
  };
  CHECK_THAT(warnings({2, 2, 2, 3}),
             Catch::Contains("/dataset: images have the shape [2, 2, 2, 3], which is read as 2 channels of 2 x 3 "
                             "pixels; if the channels come last, write them first: numpy.moveaxis(images, -1, 1)"));
  CHECK_THAT(warnings({2, 3, 2, 2}), !Catch::Contains("channels come last"));
  CHECK_THAT(warnings({2, 3, 4}), !Catch::Contains("channels come last"));
}
