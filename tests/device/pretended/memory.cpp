// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <c10/core/CachingDeviceAllocator.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace eigensweep::pretended {
namespace {

constexpr std::size_t addresses = std::size_t{1} << 36;
constexpr std::size_t grain = 512;  // of CUDA's allocator, too

std::size_t limit_of_environment() {
  const char* bytes = std::getenv("EIGENSWEEP_PRETENDED_MEMORY");
  return bytes == nullptr ? addresses : std::stoull(bytes);
}

char* map(int file, int protection) {
  void* mapping = ::mmap(nullptr, addresses, protection, MAP_SHARED | MAP_NORESERVE, file, 0);
  if (mapping == MAP_FAILED) throw std::runtime_error("the pretended device's memory cannot be mapped");
  return static_cast<char*>(mapping);
}

/// A limit on the size of files is none on a device's memory.
bool resize_beyond_limits(int file, std::size_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
  const rlimit lifted{limit.rlim_max, limit.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &lifted);
  const bool is_resized = ::ftruncate(file, static_cast<off_t>(bytes)) == 0;
  return ::setrlimit(RLIMIT_FSIZE, &limit) == 0 && is_resized;
}

class Allocator final : public c10::DeviceAllocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override { return Memory::instance().allocate(bytes); }
  c10::DeleterFnPtr raw_deleter() const override { return nullptr; }
  void copy_data(void* target, const void* source, std::size_t bytes) const override {
    const Memory& memory = Memory::instance();
    std::copy_n(memory.host(source), bytes, memory.host(target));
  }
  bool initialized() override { return true; }
  void emptyCache(c10::MempoolId_t /*pool*/) override { Memory::instance().clear_cache(); }
  void recordStream(const c10::DataPtr& /*data*/, c10::Stream /*stream*/) override {}
  c10::CachingDeviceAllocator::DeviceStats getDeviceStats(c10::DeviceIndex /*index*/) override { return {}; }
  void resetAccumulatedStats(c10::DeviceIndex /*index*/) override {}
  void resetPeakStats(c10::DeviceIndex /*index*/) override { Memory::instance().forget_peak(); }
  std::pair<std::size_t, std::size_t> getMemoryInfo(c10::DeviceIndex /*index*/) override {
    const Memory& memory = Memory::instance();
    return {memory.limit() - memory.used(), memory.limit()};
  }
};

}  // namespace

Memory& Memory::instance() {
  static auto* const memory = new Memory;  // tensors may live longer than any static object
  return *memory;
}

Memory::Memory() : limit_(limit_of_environment()) {
  file_ = ::memfd_create("eigensweep-pretended-device", MFD_CLOEXEC);
  if (file_ < 0 || !resize_beyond_limits(file_, addresses)) {
    throw std::runtime_error("no memory file for the pretended device");
  }
  device_ = map(file_, PROT_NONE);
  host_ = map(file_, PROT_READ | PROT_WRITE);
}

c10::DataPtr Memory::allocate(std::size_t bytes) {
  if (bytes == 0) return {nullptr, nullptr, [](void*) {}, device};
  const std::size_t rounded = (bytes + grain - 1) / grain * grain;
  const std::lock_guard lock(mutex_);
  if (used_ + rounded > limit_) {
    TORCH_CHECK_WITH(OutOfMemoryError, false, "the pretended device has ", limit_ - used_, " of ", limit_,
                     " bytes left, and ", rounded, " are asked for");
  }
  std::vector<std::size_t>& free = free_[rounded];
  std::size_t begin = end_;
  if (free.empty()) {
    TORCH_CHECK(end_ + rounded <= addresses, "the pretended device has no addresses left");
    end_ += rounded;
  } else {
    begin = free.back();
    free.pop_back();
  }
  used_ += rounded;
  peak_ = std::max(peak_, used_);
  return {device_ + begin, new Block{begin, rounded}, &Memory::release, device};
}

void Memory::release(void* context) {
  const auto* block = static_cast<Block*>(context);
  Memory& memory = instance();
  const std::lock_guard lock(memory.mutex_);
  memory.free_[block->bytes].push_back(block->begin);
  memory.used_ -= block->bytes;
  delete block;
}

std::size_t Memory::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

std::size_t Memory::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

std::size_t Memory::peak() const {
  const std::lock_guard lock(mutex_);
  return peak_;
}

void Memory::forget_peak() {
  const std::lock_guard lock(mutex_);
  peak_ = used_;
}

void Memory::set_limit(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  limit_ = bytes;
}

void Memory::clear_cache() {
  const std::lock_guard lock(mutex_);
  for (const auto& [bytes, blocks] : free_) {
    for (const std::size_t begin : blocks) {
      // Fails for no other reason than an old kernel; then the pages stay.
      (void)::fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(begin),
                        static_cast<off_t>(bytes));
    }
  }
  ++clearings_;
}

std::size_t Memory::clearings() const {
  const std::lock_guard lock(mutex_);
  return clearings_;
}

c10::Allocator& allocator() {
  static Allocator allocator;
  return allocator;
}

}  // namespace eigensweep::pretended
