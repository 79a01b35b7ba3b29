// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cstdlib>
#include <optional>

#include "eigensweep/core/error.hpp"
#include "idx_file.hpp"
#include "idx_set.hpp"
#include "loaded.hpp"
#include "scratch.hpp"

using namespace eigensweep;

namespace {

/// Sets or unsets an environment variable for the duration of a test.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  ~Environment() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

Json options(const std::string& folder, int train = 0, int test = 0) {
  return Json{{"kind", "mnist"}, {"folder", folder}, {"train_samples", train}, {"test_samples", test}};
}

std::string pixels(int images) {
  std::string bytes;
  for (int i = 0; i < images * 784; ++i) bytes.push_back(static_cast<char>(i % 251));
  return bytes;
}

/// A whole small dataset of MNIST's form: 3 training and 2 test samples.
void write_small(const std::filesystem::path& folder) {
  write_gzip(folder / "train-images-idx3-ubyte.gz", idx_bytes(0x803, {3, 28, 28}, pixels(3)));
  write_plain(folder / "train-labels-idx1-ubyte", idx_bytes(0x801, {3}, std::string("\x09\x00\x05", 3)));
  write_plain(folder / "t10k-images-idx3-ubyte", idx_bytes(0x803, {2, 28, 28}, pixels(2)));
  write_gzip(folder / "t10k-labels-idx1-ubyte.gz", idx_bytes(0x801, {2}, std::string("\x01\x02", 2)));
}

std::string message_of(const Json& asked) {
  try {
    loaded(asked);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("the copy of MNIST that comes with eigensweep is the real one") {
  const Environment none("EIGENSWEEP_DATA_FOLDER", nullptr);
  const data::Dataset mnist = loaded(options(""));
  CHECK(mnist.info.train_samples == 60000);
  CHECK(mnist.info.test_samples == 10000);
  CHECK(mnist.info.input_shape == std::vector<std::int64_t>{1, 28, 28});
  CHECK(mnist.info.classes == 10);
  CHECK(mnist.train.images.size() == 60000U * 784U);
  CHECK(mnist.test.images.size() == 10000U * 784U);
  // The first labels and the class counts of the test set, as published.
  CHECK(std::vector<std::int64_t>(mnist.train.labels.begin(), mnist.train.labels.begin() + 5) ==
        std::vector<std::int64_t>{5, 0, 4, 1, 9});
  std::vector<int> counts(10);
  for (const std::int64_t label : mnist.test.labels) ++counts[static_cast<std::size_t>(label)];
  CHECK(counts == std::vector<int>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009});
  // Computed outside with gunzip, tail and sha256sum on the four files.
  CHECK(mnist.sha256 == "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16");
}

TEST_CASE("the first samples are taken when fewer are asked for") {
  const Scratch scratch;
  write_small(scratch.path());
  const data::Dataset all = loaded(options(scratch.path()));
  const data::Dataset part = loaded(options(scratch.path(), 2, 1));
  CHECK(part.info.train_samples == 2);
  CHECK(part.info.test_samples == 1);
  CHECK(part.train.labels == std::vector<std::int64_t>{9, 0});
  CHECK(part.test.labels == std::vector<std::int64_t>{1});
  CHECK(part.train.images == std::vector<std::uint8_t>(all.train.images.begin(), all.train.images.begin() + 2 * 784));
  CHECK(part.sha256 != all.sha256);
}

TEST_CASE("the last training samples are held out for validation") {
  const Scratch scratch;
  write_small(scratch.path());
  const data::Dataset all = loaded(options(scratch.path()));
  Json asked = options(scratch.path());
  asked["validation_samples"] = 1;
  const data::Dataset set = loaded(asked);
  CHECK(set.info.train_samples == 2);
  CHECK(set.info.validation_samples == 1);
  CHECK(set.train.labels.size() == 2);
  CHECK(set.train.images.size() == 2 * 784);
  CHECK(set.validation.labels == std::vector<std::int64_t>{all.train.labels[2]});
  CHECK(set.validation.images == std::vector<std::uint8_t>(all.train.images.begin() + 2 * 784, all.train.images.end()));
  CHECK(set.test.images == all.test.images);
  asked["validation_samples"] = 3;
  CHECK(message_of(asked) ==
        "/dataset/validation_samples: 3 of 3 training samples held out leave none to train on; hold out fewer");
}

TEST_CASE("content of another hash than the one asked for is refused") {
  const Scratch scratch;
  write_small(scratch.path());
  Json asked = options(scratch.path());
  const std::string hash = loaded(asked).sha256;
  asked["sha256"] = hash;
  CHECK(loaded(asked).sha256 == hash);
  asked["test_samples"] = 1;
  const std::string other = loaded(options(scratch.path(), 0, 1)).sha256;
  CHECK(message_of(asked) == "/dataset/sha256: the content of dataset 'mnist' has the hash " + other + ", not " + hash +
                                 "; take the right files, or correct or leave out this option");
}

TEST_CASE("the headers alone tell what a dataset is") {
  const Scratch scratch;
  write_small(scratch.path());
  // The content is missing, so only headers may be read.
  write_plain(scratch.path() / "t10k-images-idx3-ubyte", idx_bytes(0x803, {2, 28, 28}, ""));
  data::Samples asked;
  asked.train_samples = 2;
  const study::DatasetInfo info = data::idx_set_info(data::find_idx_set(scratch.path()), asked, 10);
  CHECK(info.train_samples == 2);
  CHECK(info.test_samples == 2);
  CHECK(info.input_size() == 784);
}

TEST_CASE("a dataset folder can be chosen by environment variable") {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path() / "mnist");
  write_small(scratch.path() / "mnist");
  const Environment chosen("EIGENSWEEP_DATA_FOLDER", scratch.path().c_str());
  CHECK(loaded(options("")).info.train_samples == 3);
}

TEST_CASE("a dataset that is missing or contradicts itself is refused with its files' names") {
  const Scratch scratch;
  const std::filesystem::path& folder = scratch.path();
  const auto at = [&folder](const std::string& name) { return (folder / name).string(); };
  write_small(folder);
  SECTION("missing folder") {
    CHECK(message_of(options("/nonexistent")) ==
          "/nonexistent: no such folder; correct /dataset/folder, or leave it out to use the copy that comes with "
          "eigensweep");
  }
  SECTION("missing folder in the environment") {
    const Environment chosen("EIGENSWEEP_DATA_FOLDER", "/nonexistent");
    CHECK(message_of(options("")) ==
          "/nonexistent/mnist: no such folder (EIGENSWEEP_DATA_FOLDER is '/nonexistent'); correct or unset that "
          "variable");
  }
  SECTION("missing file") {
    std::filesystem::remove(folder / "t10k-labels-idx1-ubyte.gz");
    CHECK(message_of(options(folder)) == at("t10k-labels-idx1-ubyte") +
                                             ": no such file, nor with .gz (one of the four files of such a dataset); "
                                             "put it there or correct /dataset/folder");
  }
  SECTION("images of another size") {
    write_plain(folder / "t10k-images-idx3-ubyte", idx_bytes(0x803, {2, 32, 16}, std::string(1024, 'x')));
    CHECK(message_of(options(folder)) == at("t10k-images-idx3-ubyte") + ": its images are 32 x 16, those of " +
                                             at("train-images-idx3-ubyte.gz") +
                                             " are 28 x 28; take all files from one source");
    write_gzip(folder / "train-images-idx3-ubyte.gz", idx_bytes(0x803, {3, 32, 16}, std::string(1536, 'x')));
    CHECK(message_of(options(folder)) ==
          at("train-images-idx3-ubyte.gz") +
              ": its images are 32 x 16, not 28 x 28; give a folder with files of MNIST's form, or use the dataset "
              "kind 'idx_folder'");
  }
  SECTION("more labels than images") {
    write_plain(folder / "train-labels-idx1-ubyte", idx_bytes(0x801, {4}, "\1\1\1\1"));
    CHECK(message_of(options(folder)) == at("train-labels-idx1-ubyte") + ": has 4 labels for the 3 images of " +
                                             at("train-images-idx3-ubyte.gz") + "; take both files from one source");
  }
  SECTION("no images") {
    write_gzip(folder / "train-images-idx3-ubyte.gz", idx_bytes(0x803, {0, 28, 28}, ""));
    write_plain(folder / "train-labels-idx1-ubyte", idx_bytes(0x801, {0}, ""));
    CHECK(message_of(options(folder)) ==
          at("train-images-idx3-ubyte.gz") + ": holds no images (nothing to train or test on); give another folder");
  }
  SECTION("more samples asked for than there are") {
    CHECK(message_of(options(folder, 0, 3)) ==
          at("t10k-images-idx3-ubyte") +
              ": holds 2 images, fewer than test_samples 3 asks for; ask for fewer, or 0 for all");
  }
  SECTION("a label out of range") {
    write_plain(folder / "train-labels-idx1-ubyte", idx_bytes(0x801, {3}, "\1\12\1"));
    CHECK(message_of(options(folder)) ==
          at("train-labels-idx1-ubyte") + ": label 10 of sample 1 is out of range (0 to 9); fetch this file again");
  }
}
