// SPDX-License-Identifier: MIT
// Tells Torch of the device. Its name is "pretended:0".
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <utility>

#include "memory.hpp"
#include "streams.hpp"

namespace eigensweep::pretended {
namespace {

thread_local c10::StreamId stream_of_thread = 0;

/// One device; whatever is asked of it is done when the call returns.
class Guard final : public c10::impl::DeviceGuardImplInterface {
 public:
  c10::DeviceType type() const override { return device.type(); }
  c10::Device exchangeDevice(c10::Device /*to*/) const override { return device; }
  c10::Device getDevice() const override { return device; }
  void setDevice(c10::Device /*to*/) const override {}
  void uncheckedSetDevice(c10::Device /*to*/) const noexcept override {}
  c10::Stream getStream(c10::Device /*of*/) const override { return stream(stream_of_thread); }
  c10::Stream getNewStream(c10::Device /*of*/, int /*priority*/) const override { return stream(1); }
  c10::Stream getStreamFromGlobalPool(c10::Device /*of*/, bool /*has_priority*/) const override { return stream(1); }
  c10::Stream exchangeStream(c10::Stream to) const override { return stream(std::exchange(stream_of_thread, to.id())); }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void** /*event*/, const c10::Stream& /*stream*/, c10::DeviceIndex /*device*/,
              c10::EventFlag /*flag*/) const override {}
  void block(void* /*event*/, const c10::Stream& /*stream*/) const override {}
  bool queryEvent(void* /*event*/) const override { return true; }
  void destroyEvent(void* /*event*/, c10::DeviceIndex /*device*/) const noexcept override {}
  bool queryStream(const c10::Stream& /*stream*/) const override { return true; }
  void synchronizeStream(const c10::Stream& /*stream*/) const override {}

 private:
  static c10::Stream stream(c10::StreamId id) { return c10::Stream(c10::Stream::UNSAFE, device, id); }
};

class Hooks final : public at::PrivateUse1HooksInterface {
 public:
  bool hasPrimaryContext(c10::DeviceIndex /*device*/) const override { return true; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
};

bool announce() {
  c10::register_privateuse1_backend("pretended");
  at::RegisterPrivateUse1HooksInterface(new Hooks);
  c10::SetAllocator(device.type(), &allocator());
  return true;
}

[[maybe_unused]] const bool is_announced = announce();

}  // namespace

c10::StreamId current_stream() { return stream_of_thread; }

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard)

}  // namespace eigensweep::pretended
