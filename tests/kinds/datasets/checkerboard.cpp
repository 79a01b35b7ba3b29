// SPDX-License-Identifier: MIT
// Points of the unit square, labelled by the colour of the checkerboard's square in which they lie.
#include <cstdint>

#include "eigensweep/core/random.hpp"
#include "eigensweep/data/dataset.hpp"
#include "samples.hpp"

namespace eigensweep::data {
namespace {

struct Checkerboard : GeneratedSamples {
  std::int64_t squares = 4;

  Checkerboard() : GeneratedSamples(1000, 200) {}

  static study::Fields<Checkerboard> fields() {
    study::Fields<Checkerboard> fields;
    fields.integer("squares", &Checkerboard::squares, {1, 1000}, "squares along a side of the board");
    return add_to(fields);
  }
};

study::DatasetInfo checkerboard_info(const Checkerboard& board) {
  study::DatasetInfo info = generated_info(board, 2, 2, "checkerboard");
  info.lower = 0;
  info.upper = 1;
  return info;
}

Split checkerboard_split(const Checkerboard& board, std::uint64_t part, std::int64_t samples) {
  Split split;
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    random::Stream stream({board.seed(), random::Purpose::dataset, static_cast<std::uint64_t>(sample), part});
    std::int64_t square = 0;
    for (int i = 0; i < 2; ++i) {
      const float coordinate = stream.uniform();
      split.values.push_back(coordinate);
      square += static_cast<std::int64_t>(coordinate * static_cast<float>(board.squares));
    }
    split.labels.push_back(square % 2);
  }
  return split;
}

}  // namespace

#ifdef EIGENSWEEP_DECLARATIONS
study::Kind declare_checkerboard() {
  study::Kind kind =
      study::declare<Checkerboard>(study::Family::dataset, "checkerboard",
                                   "points of the unit square in two classes, the colours of a checkerboard");
  kind.info = study::typed<Checkerboard>(checkerboard_info);
  kind.files = computed;
  kind.labels = [](const Json& options, std::int64_t most_bytes) -> std::optional<study::Labels> {
    const auto board = study::read<Checkerboard>(options);
    // A label takes the whole point: two numbers, each of which takes as long as reading some bytes.
    study::Labels labels;
    labels.cost = 16 * (board.train_samples + board.test_samples);
    if (labels.cost > most_bytes) return std::nullopt;
    const Split train = checkerboard_split(board, of_train, board.train_samples);
    const Split test = checkerboard_split(board, of_test, board.test_samples);
    labels.train.assign(train.labels.begin(), train.labels.end());
    labels.test.assign(test.labels.begin(), test.labels.end());
    return labels;
  };
  return kind;
}
#else
Dataset load_checkerboard(const Json& options) {
  const auto board = study::read<Checkerboard>(options);
  Dataset dataset;
  dataset.info = checkerboard_info(board);
  dataset.train = checkerboard_split(board, of_train, board.train_samples);
  dataset.test = checkerboard_split(board, of_test, board.test_samples);
  return dataset;
}
#endif

}  // namespace eigensweep::data
