// SPDX-License-Identifier: MIT
#include "tensors.hpp"

#include <ATen/EmptyTensor.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/from_blob.h>

#include "memory.hpp"
#include "recording.hpp"

namespace eigensweep::pretended {

bool is_here(const at::Tensor& tensor) { return tensor.defined() && tensor.device().type() == device.type(); }

at::Tensor make(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type) {
  const std::size_t bytes = at::detail::computeStorageNbytes(sizes, strides, c10::elementSize(type));
  auto storage = c10::make_intrusive<c10::StorageImpl>(c10::StorageImpl::use_byte_size_t(), bytes,
                                                       allocator().allocate(bytes), &allocator(), /*resizable=*/true);
  if (Recording* recording = Recording::current()) recording->keep(c10::Storage(storage));
  auto tensor = c10::make_intrusive<c10::TensorImpl>(
      std::move(storage), c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), c10::scalarTypeToTypeMeta(type));
  tensor->set_sizes_and_strides(sizes, strides);
  return at::Tensor(std::move(tensor));
}

at::Tensor host_alias(const at::Tensor& tensor) {
  const auto options = at::TensorOptions().dtype(tensor.scalar_type()).device(at::kCPU);
  if (tensor.numel() == 0) return at::detail::empty_strided_cpu(tensor.sizes(), tensor.strides(), options);
  char* const begin = Memory::instance().host(tensor.storage().data());
  return at::from_blob(begin + tensor.storage_offset() * static_cast<std::int64_t>(tensor.itemsize()), tensor.sizes(),
                       tensor.strides(), options);
}

at::Tensor moved_here(const at::Tensor& host) {
  const auto strides = host.is_non_overlapping_and_dense()
                           ? host.strides().vec()
                           : at::detail::empty_cpu(host.sizes(), host.options()).strides().vec();
  at::Tensor here = make(host.sizes(), strides, host.scalar_type());
  if (host.numel() > 0) {
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    host_alias(here).copy_(host);
  }
  return here;
}

void refuse(const std::string& what) { TORCH_CHECK(false, "the pretended device refuses ", what); }

}  // namespace eigensweep::pretended
