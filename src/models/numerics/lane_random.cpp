// SPDX-License-Identifier: MIT
#include "eigensweep/models/numerics/lane_random.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <numbers>
#include <span>

namespace eigensweep::models {
namespace {

// 32-bit words live in int64: products wrap as unsigned ones do, and a mask makes a word of what a shift has extended.
constexpr std::int64_t mask = 0xFFFFFFFF;
constexpr std::int64_t most_words = std::int64_t{1} << 24;  // at once: some 600 MB with what is in between

using Fill = void (*)(const random::Key& key, std::span<float> numbers, float low, float high);

Tensor on_cpu(const std::vector<random::Key>& keys, const Tensor& streams, std::int64_t count, float low, float high,
              Fill fill) {
  const auto lanes = static_cast<std::int64_t>(keys.size()), rows = streams.size(0);
  Tensor numbers = torch::empty({lanes, rows, count}, torch::kFloat32);
  auto* out = numbers.data_ptr<float>();
  const auto stream = streams.accessor<std::int64_t, 1>();
  const std::int64_t grain = std::max<std::int64_t>(1, 8192 / std::max<std::int64_t>(1, count));
  at::parallel_for(0, lanes * rows, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      random::Key key = keys[static_cast<std::size_t>(i / rows)];
      key.stream = static_cast<std::uint64_t>(stream[i % rows]);
      fill(key, std::span(out + i * count, static_cast<std::size_t>(count)), low, high);
    }
  });
  return numbers;
}

/// [E, n, 4 * blocks] int64: the first words of each stream. `round_keys`: [rounds, 2, E].
Tensor words_of(const Tensor& round_keys, const Tensor& streams, std::int64_t blocks) {
  const Tensor stream = streams.unsqueeze(1);  // [n, 1]
  std::array<Tensor, 4> counter{torch::arange(blocks, streams.options()), torch::zeros({1}, streams.options()),
                                stream.bitwise_and(mask), stream.bitwise_right_shift(32).bitwise_and(mask)};
  for (std::int64_t round = 0; round < round_keys.size(0); ++round) {
    const Tensor keys = round_keys[round].unsqueeze(-1).unsqueeze(-1);  // [2, E, 1, 1]
    const Tensor product_0 = counter[0] * static_cast<std::int64_t>(random::philox_multipliers[0]);
    const Tensor product_1 = counter[2] * static_cast<std::int64_t>(random::philox_multipliers[1]);
    counter = {(product_1.bitwise_right_shift(32) ^ counter[1] ^ keys[0]).bitwise_and_(mask), product_1,
               (product_0.bitwise_right_shift(32) ^ counter[3] ^ keys[1]).bitwise_and_(mask), product_0};
  }
  for (const std::size_t i : {1, 3}) counter[i] = counter[i].bitwise_and(mask);
  return torch::stack(torch::TensorList(counter), -1).flatten(-2);
}

/// [E, n, count]: `numbers_of` turns words [E, n, 4 * blocks] into as many numbers.
template <typename Numbers>
Tensor on_device(const Tensor& round_keys, const Tensor& streams, std::int64_t count, Numbers numbers_of) {
  const std::int64_t lanes = round_keys.size(2), blocks = (count + 3) / 4;
  const std::int64_t lane_words = std::max<std::int64_t>(1, streams.size(0) * blocks * 4);
  const std::int64_t part = std::clamp<std::int64_t>(most_words / lane_words, 1, lanes);
  std::vector<Tensor> parts;
  for (std::int64_t begin = 0; begin < lanes; begin += part) {
    const Tensor keys = round_keys.narrow(2, begin, std::min(part, lanes - begin));
    parts.push_back(numbers_of(words_of(keys, streams, blocks)).narrow(2, 0, count));
  }
  return parts.size() == 1 ? parts.front().contiguous() : torch::cat(parts);
}

}  // namespace

LaneRandom::LaneRandom(const std::vector<std::uint64_t>& seeds, random::Purpose purpose, std::uint64_t step,
                       const torch::Device& device) {
  for (const std::uint64_t seed : seeds) keys_.push_back({seed, purpose, 0, step});
  if (device.is_cpu()) return;
  const auto lanes = static_cast<std::int64_t>(seeds.size());
  const Tensor round_keys = torch::empty({random::philox_rounds, 2, lanes}, torch::kInt64);
  auto all = round_keys.accessor<std::int64_t, 3>();
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    std::array<std::uint32_t, 2> key = random::philox_key(keys_[static_cast<std::size_t>(lane)]);
    for (std::int64_t round = 0; round < random::philox_rounds; ++round) {
      for (std::size_t half = 0; half < 2; ++half) {
        all[round][static_cast<std::int64_t>(half)][lane] = key[half];
        key[half] += random::philox_increments[half];
      }
    }
  }
  round_keys_ = round_keys.to(device);
}

Tensor LaneRandom::uniform(const Tensor& streams, std::int64_t count, float low, float high) const {
  if (!round_keys_.defined()) {
    return on_cpu(keys_, streams, count, low, high,
                  [](const random::Key& key, std::span<float> numbers, float from, float to) {
                    random::fill_uniform(key, from, to, numbers);
                  });
  }
  return on_device(round_keys_, streams, count, [low, high](const Tensor& words) {
    const Tensor unit = words.bitwise_right_shift(8).to(torch::kFloat32).mul_(0x1.0p-24);
    return unit.mul_(high - low).add_(low);
  });
}

Tensor LaneRandom::normal(const Tensor& streams, std::int64_t count) const {
  if (!round_keys_.defined()) {
    return on_cpu(keys_, streams, count, 0, 0,
                  [](const random::Key& key, std::span<float> numbers, float /*low*/, float /*high*/) {
                    random::fill_normal(key, numbers);
                  });
  }
  // The numbers come in pairs, as random::Stream::normal makes them.
  return on_device(round_keys_, streams, count, [](const Tensor& words) {
    const Tensor pairs = words.unflatten(-1, {words.size(-1) / 2, 2}).to(torch::kFloat64);
    const Tensor radius = pairs.select(-1, 0).add(1.0).mul_(0x1.0p-32).log_().mul_(-2.0).sqrt_();
    const Tensor angle = pairs.select(-1, 1).mul(0x1.0p-32 * 2.0 * std::numbers::pi);
    return torch::stack({angle.cos().mul_(radius), angle.sin().mul_(radius)}, -1).flatten(-2).to(torch::kFloat32);
  });
}

}  // namespace eigensweep::models
