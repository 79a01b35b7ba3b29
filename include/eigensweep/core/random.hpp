// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace eigensweep::random {

/// What a stream of random numbers is for. Part of the key, so no two uses share numbers.
/// Results depend on these numbers: never renumber, only append.
enum class Purpose : std::uint32_t {
  initial_weights = 1,
  batch_order = 2,
  attack_start = 3,
  probe_set = 4,
  bootstrap = 5,
  dataset = 6,
  projection = 7,
  noise = 8,
  training_attack = 9,
  basis = 10,
  synapses = 11,
  initial_activity = 12,
  updates = 13,
  drive_noise = 14,
  removal = 15
};

// The constants of Philox4x32-10.
inline constexpr int philox_rounds = 10;
inline constexpr std::array<std::uint32_t, 2> philox_multipliers{0xD2511F53, 0xCD9E8D57};
/// What a round adds to the key: of the golden ratio, and of sqrt(3) - 1.
inline constexpr std::array<std::uint32_t, 2> philox_increments{0x9E3779B9, 0xBB67AE85};

/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (SC 2011, doi:10.1145/2063384.2063405).
/// A pure function: 128 bits of counter and 64 bits of key in, 128 random bits out.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) noexcept;

/// Mixes 64 bits into 64 well-spread bits (the finaliser of SplitMix64). Bijective.
std::uint64_t mix(std::uint64_t value) noexcept;

/// A place in the space of all random numbers: who (`seed`), what for (`purpose`), and two free coordinates
/// (`stream`: a layer, a sample id, an epoch; `step`: a restart, an iteration).
/// Equal keys give equal numbers on every machine, in any order, in any pack. So a lane is independent of its
/// neighbours.
struct Key {
  std::uint64_t seed = 0;
  Purpose purpose = Purpose::initial_weights;
  std::uint64_t stream = 0;
  std::uint64_t step = 0;
};

/// The key that a Key gives to Philox: of its seed, purpose and step. Its stream is the upper half of the counter.
std::array<std::uint32_t, 2> philox_key(const Key& key) noexcept;

/// The numbers of one key, one after the other.
class Stream {
 public:
  explicit Stream(const Key& key) noexcept;
  std::uint32_t next() noexcept;
  /// Uniform in [0, 1), 24 random bits: exact in float.
  float uniform() noexcept;
  /// Uniform integer in [0, bound), without bias (Lemire 2019, doi:10.1145/3230636). `bound` > 0.
  std::uint32_t below(std::uint32_t bound) noexcept;
  /// Standard normal (Box-Muller, in double).
  double normal() noexcept;

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  unsigned used_ = 4;
  double spare_ = 0.0;
  bool has_spare_ = false;
};

/// Fills `out` with uniform numbers in [low, high).
void fill_uniform(const Key& key, float low, float high, std::span<float> out) noexcept;
/// Fills `out` with standard normal numbers.
void fill_normal(const Key& key, std::span<float> out) noexcept;
/// Fills `out` with exponentially distributed numbers of mean 1.
void fill_exponential(const Key& key, std::span<float> out) noexcept;
/// A uniformly random order of 0..size-1 (Fisher-Yates).
std::vector<std::int64_t> permutation(const Key& key, std::uint32_t size);

}  // namespace eigensweep::random
