// SPDX-License-Identifier: MIT
#pragma once

#include <c10/core/Allocator.h>

#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

namespace eigensweep::pretended {

inline const c10::Device device{c10::DeviceType::PrivateUse1, 0};

/// The device's memory: one file that is mapped twice. The host may not touch the addresses that tensors have; a read
/// or a write there is a segmentation fault, as with a GPU. The kernels use the other mapping.
class Memory {
 public:
  static Memory& instance();

  /// Throws c10::OutOfMemoryError if more than `limit()` bytes would be in use.
  c10::DataPtr allocate(std::size_t bytes);

  /// Where the host finds what the device has at this address.
  char* host(const void* address) const { return host_ + (static_cast<const char*>(address) - device_); }

  std::size_t used() const;
  std::size_t limit() const;
  /// The most bytes in use since the last call of `forget_peak`.
  std::size_t peak() const;
  void forget_peak();
  void set_limit(std::size_t bytes);
  /// Gives the pages of all free blocks back to the system.
  void clear_cache();
  /// How often the cache was cleared.
  std::size_t clearings() const;

 private:
  struct Block {
    std::size_t begin, bytes;
  };
  Memory();
  static void release(void* block);

  int file_ = -1;
  char* device_ = nullptr;
  char* host_ = nullptr;
  mutable std::mutex mutex_;
  std::size_t limit_;
  std::size_t end_ = 0;  ///< of all blocks
  std::size_t used_ = 0;
  std::size_t peak_ = 0;
  std::size_t clearings_ = 0;
  std::map<std::size_t, std::vector<std::size_t>> free_;  ///< beginnings of free blocks, by bytes
};

/// The allocator that Torch asks.
c10::Allocator& allocator();

}  // namespace eigensweep::pretended
