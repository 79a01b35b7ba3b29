// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <algorithm>
#include <cstring>

#include "events.hpp"
#include "memory.hpp"
#include "streams.hpp"
#include "tensors.hpp"
#if __has_include(<ATen/core/GraphImplInterface.h>)
#include <ATen/core/GraphImplInterface.h>
#define HAS_GRAPHS
#endif

namespace eigensweep::pretended {
namespace {

thread_local Recording* recording = nullptr;

}  // namespace

Held::Held(const at::Tensor& tensor) {
  if (!tensor.defined()) return;
  if (!is_here(tensor)) {
    of_host_ = tensor.clone();
    of_host_.unsafeGetTensorImpl()->set_wrapped_number(tensor.unsafeGetTensorImpl()->is_wrapped_number());
    return;
  }
  is_here_ = true;
  storage_ = tensor.storage().getWeakStorageImpl();
  sizes_ = tensor.sizes().vec();
  strides_ = tensor.strides().vec();
  offset_ = tensor.storage_offset();
  type_ = tensor.scalar_type();
}

at::Tensor Held::get() const {
  if (!is_here_) return of_host_;
  auto storage = storage_.lock();
  TORCH_CHECK(storage, "a record reads memory that was freed since");
  auto tensor = c10::make_intrusive<c10::TensorImpl>(c10::Storage(std::move(storage)),
                                                     c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                                     c10::scalarTypeToTypeMeta(type_));
  tensor->set_sizes_and_strides(sizes_, strides_, offset_);
  return at::Tensor(std::move(tensor));
}

Recording* Recording::current() { return recording; }

void Recording::begin() {
  TORCH_CHECK(recording == nullptr, "the thread records already");
  TORCH_CHECK(current_stream() != 0, "the device records no work of its default stream");
  recording = this;
}

void Recording::end() {
  recording = nullptr;
  for (const auto& [impl, content] : before_) {
    const auto& [storage, bytes] = content;
    std::memcpy(Memory::instance().host(storage.data()), bytes.data(), bytes.size());
  }
  before_.clear();
}

void Recording::replay() const {
  count_operation("replay");
  for (const auto& work : work_) work();
}

bool Recording::is_made(const c10::Storage& storage) const {
  return std::any_of(made_.begin(), made_.end(), [&](const c10::Storage& made) {
    return made.unsafeGetStorageImpl() == storage.unsafeGetStorageImpl();
  });
}

void Recording::will_write(const at::Tensor& tensor) {
  const c10::Storage& storage = tensor.storage();
  if (is_made(storage) || before_.count(storage.unsafeGetStorageImpl()) > 0 || storage.nbytes() == 0) return;
  const char* content = Memory::instance().host(storage.data());
  before_[storage.unsafeGetStorageImpl()] = {storage, std::string(content, storage.nbytes())};
}

#ifdef HAS_GRAPHS
class Graph final : public at::GraphImplInterface {
 public:
  explicit Graph(const at::GraphImplArgs& /*arguments*/) {}
  void capture_begin(at::MempoolId_t /*pool*/, at::GraphCaptureMode /*mode*/) override { recording_.begin(); }
  void capture_end() override { recording_.end(); }
  void instantiate() override {}
  void replay() override { recording_.replay(); }
  void reset() override { recording_ = {}; }
  at::MempoolId_t pool() const override { return {1, 0}; }
  void enable_debug_mode() override {}
  void debug_dump(const std::string& /*path*/) override {}

 private:
  Recording recording_;
};
#endif

}  // namespace eigensweep::pretended

#ifdef HAS_GRAPHS
namespace at {
REGISTER_GRAPH_IMPL(PRETENDED, eigensweep::pretended::Graph)
}  // namespace at
#endif
