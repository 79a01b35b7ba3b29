// SPDX-License-Identifier: MIT
// The operators that fallback.cpp cannot do: they make tensors, return views, or move data between host and device.
#include <ATen/EmptyTensor.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/_local_scalar_dense.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <torch/library.h>

#include "events.hpp"
#include "memory.hpp"
#include "tensors.hpp"

namespace eigensweep::pretended {
namespace {

using at::IntArrayRef;
using at::Tensor;
using std::optional;

Tensor empty_memory_format(IntArrayRef sizes, optional<at::ScalarType> type, optional<at::Layout> /*layout*/,
                           optional<at::Device> /*device*/, optional<bool> /*pinned*/,
                           optional<at::MemoryFormat> format) {
  const auto dtype = c10::dtype_or_default(type);
  const auto shape = at::detail::empty_meta(sizes, dtype, std::nullopt, std::nullopt, std::nullopt, format);
  return make(sizes, shape.strides(), dtype);
}

Tensor empty_strided(IntArrayRef sizes, IntArrayRef strides, optional<at::ScalarType> type,
                     optional<at::Layout> /*layout*/, optional<at::Device> /*device*/, optional<bool> /*pinned*/) {
  return make(sizes, strides, c10::dtype_or_default(type));
}

Tensor as_strided(const Tensor& self, IntArrayRef sizes, IntArrayRef strides, optional<std::int64_t> offset) {
  return at::native::as_strided_tensorimpl(self, sizes, strides, offset);
}

Tensor view(const Tensor& self, IntArrayRef sizes) { return at::native::view(self, sizes); }

Tensor reshape_alias(const Tensor& self, IntArrayRef sizes, IntArrayRef strides) {
  return at::native::_reshape_alias(self, sizes, strides);
}

Tensor unfold(const Tensor& self, std::int64_t dimension, std::int64_t size, std::int64_t step) {
  return at::native::unfold(self, dimension, size, step);
}

at::Scalar local_scalar_dense(const Tensor& self) {
  count_wait(self.itemsize());
  return at::_local_scalar_dense(host_alias(self));
}

const Tensor& resize(const Tensor& self, IntArrayRef sizes, optional<at::MemoryFormat> /*format*/) {
  const auto shape = at::detail::empty_meta(sizes, self.scalar_type());
  const auto bytes = static_cast<std::size_t>(shape.numel()) * self.itemsize();
  if (bytes > self.storage().nbytes()) {
    self.storage().set_data_ptr_noswap(allocator().allocate(bytes));
    self.storage().unsafeGetStorageImpl()->set_nbytes(bytes);
  }
  self.unsafeGetTensorImpl()->set_sizes_and_strides(sizes, shape.strides());
  return self;
}

Tensor copy_from(const Tensor& self, const Tensor& target, bool /*overlaps*/) {
  if (!is_here(target)) {
    count_wait(self.nbytes());
  } else if (!is_here(self)) {
    count_upload(self.nbytes());
  } else {
    count_operation("aten::copy_");
  }
  const at::AutoDispatchBelowADInplaceOrView below_autograd;
  Tensor to = is_here(target) ? host_alias(target) : target;
  to.copy_(is_here(self) ? host_alias(self) : self);
  return target;
}

Tensor copy_from_and_resize(const Tensor& self, const Tensor& target) {
  if (target.numel() == 0) Tensor(target).resize_(self.sizes());
  return copy_from(self, target, false);
}

optional<Tensor> host_alias_of(const optional<Tensor>& tensor) {
  return tensor && tensor->defined() ? optional(host_alias(*tensor)) : std::nullopt;
}

Tensor convolution(const Tensor& input, const Tensor& weight, const optional<Tensor>& bias, IntArrayRef stride,
                   IntArrayRef padding, IntArrayRef dilation, bool transposed, IntArrayRef output_padding,
                   std::int64_t groups) {
  if (!is_here(input) || !is_here(weight)) refuse("a convolution with tensors of the host");
  count_operation("aten::convolution");
  return moved_here(at::convolution(host_alias(input), host_alias(weight), host_alias_of(bias), stride, padding,
                                    dilation, transposed, output_padding, groups));
}

std::tuple<Tensor, Tensor, Tensor> convolution_backward(const Tensor& gradient, const Tensor& input,
                                                        const Tensor& weight, IntArrayRef stride, IntArrayRef padding,
                                                        IntArrayRef dilation, bool transposed,
                                                        IntArrayRef output_padding, std::int64_t groups,
                                                        std::array<bool, 3> wanted) {
  if (!is_here(gradient) || !is_here(input) || !is_here(weight)) refuse("a convolution with tensors of the host");
  count_operation("aten::convolution_backward");
  const std::vector<std::int64_t> bias_sizes{weight.size(0)};
  const auto [to_input, to_weight, to_bias] =
      at::convolution_backward(host_alias(gradient), host_alias(input), host_alias(weight), bias_sizes, stride, padding,
                               dilation, transposed, output_padding, groups, wanted);
  const auto back = [](const Tensor& tensor) { return tensor.defined() ? moved_here(tensor) : tensor; };
  return {back(to_input), back(to_weight), back(to_bias)};
}

}  // namespace

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", &empty_memory_format);
  library.impl("empty_strided", &empty_strided);
  library.impl("as_strided", &as_strided);
  library.impl("view", &view);
  library.impl("_reshape_alias", &reshape_alias);
  library.impl("unfold", &unfold);
  library.impl("_local_scalar_dense", &local_scalar_dense);
  library.impl("resize_", &resize);
  library.impl("_copy_from", &copy_from);
  library.impl("_copy_from_and_resize", &copy_from_and_resize);
  library.impl("convolution_overrideable", &convolution);
  library.impl("convolution_backward_overrideable", &convolution_backward);
}

}  // namespace eigensweep::pretended
