// SPDX-License-Identifier: MIT
#include "eigensweep/core/random.hpp"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace eigensweep::random {
namespace {

float to_unit(std::uint32_t bits) noexcept { return static_cast<float>(bits >> 8) * 0x1.0p-24F; }

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) noexcept {
  for (int round = 0; round < philox_rounds; ++round) {
    const std::uint64_t product_0 = std::uint64_t{philox_multipliers[0]} * counter[0];
    const std::uint64_t product_1 = std::uint64_t{philox_multipliers[1]} * counter[2];
    counter = {static_cast<std::uint32_t>(product_1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product_1),
               static_cast<std::uint32_t>(product_0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product_0)};
    key[0] += philox_increments[0];
    key[1] += philox_increments[1];
  }
  return counter;
}

std::uint64_t mix(std::uint64_t value) noexcept {
  value += 0x9E3779B97F4A7C15ULL;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

std::array<std::uint32_t, 2> philox_key(const Key& key) noexcept {
  // Two Keys of one stream meet only if a 64-bit mix collides.
  const std::uint64_t mixed = mix(mix(mix(key.seed) ^ static_cast<std::uint64_t>(key.purpose)) ^ key.step);
  return {static_cast<std::uint32_t>(mixed), static_cast<std::uint32_t>(mixed >> 32)};
}

// The lower half of the counter is the position in the stream.
Stream::Stream(const Key& key) noexcept
    : key_(philox_key(key)),
      counter_{0, 0, static_cast<std::uint32_t>(key.stream), static_cast<std::uint32_t>(key.stream >> 32)} {}

std::uint32_t Stream::next() noexcept {
  if (used_ == 4) {
    block_ = philox(counter_, key_);
    if (++counter_[0] == 0) ++counter_[1];
    used_ = 0;
  }
  return block_[used_++];
}

float Stream::uniform() noexcept { return to_unit(next()); }

std::uint32_t Stream::below(std::uint32_t bound) noexcept {
  std::uint64_t product = std::uint64_t{next()} * bound;
  auto low = static_cast<std::uint32_t>(product);
  if (low < bound) {
    const std::uint32_t threshold = (0U - bound) % bound;
    while (low < threshold) {
      product = std::uint64_t{next()} * bound;
      low = static_cast<std::uint32_t>(product);
    }
  }
  return static_cast<std::uint32_t>(product >> 32);
}

double Stream::normal() noexcept {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  // (0, 1]: the logarithm is finite.
  const double u = (static_cast<double>(next()) + 1.0) * 0x1.0p-32;
  const double angle = 2.0 * std::numbers::pi * static_cast<double>(next()) * 0x1.0p-32;
  const double radius = std::sqrt(-2.0 * std::log(u));
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

void fill_uniform(const Key& key, float low, float high, std::span<float> out) noexcept {
  Stream stream(key);
  for (float& value : out) value = low + (high - low) * stream.uniform();
}

void fill_normal(const Key& key, std::span<float> out) noexcept {
  Stream stream(key);
  for (float& value : out) value = static_cast<float>(stream.normal());
}

void fill_exponential(const Key& key, std::span<float> out) noexcept {
  Stream stream(key);
  // (0, 1]: the logarithm is finite.
  for (float& value : out)
    value = static_cast<float>(-std::log((static_cast<double>(stream.next()) + 1.0) * 0x1.0p-32));
}

std::vector<std::int64_t> permutation(const Key& key, std::uint32_t size) {
  std::vector<std::int64_t> order(size);
  std::iota(order.begin(), order.end(), std::int64_t{0});
  Stream stream(key);
  for (std::uint32_t i = size; i > 1; --i) std::swap(order[i - 1], order[stream.below(i)]);
  return order;
}

}  // namespace eigensweep::random
