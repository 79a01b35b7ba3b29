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

#include <cstdint>
#include <vector>

#include "events.hpp"
#include "memory.hpp"
#include "recording.hpp"
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
  const auto copy = [](const Tensor& from, const Tensor& target) {
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    Tensor to = is_here(target) ? host_alias(target) : target;
    to.copy_(is_here(from) ? host_alias(from) : from);
  };
  if (Recording* recording = Recording::current()) {
    recording->will_write(target);
    recording->add([copy, from = Held(self), to = Held(target)] { copy(from.get(), to.get()); });
  }
  copy(self, target);
  return target;
}

Tensor copy_from_and_resize(const Tensor& self, const Tensor& target) {
  if (target.numel() == 0) Tensor(target).resize_(self.sizes());
  return copy_from(self, target, false);
}

/// The options of a convolution.
struct Convolution {
  std::vector<std::int64_t> stride, padding, dilation, output_padding;
  bool transposed;
  std::int64_t groups;

  Convolution(IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, bool transposed,
              IntArrayRef output_padding, std::int64_t groups)
      : stride(stride.vec()),
        padding(padding.vec()),
        dilation(dilation.vec()),
        output_padding(output_padding.vec()),
        transposed(transposed),
        groups(groups) {}
};

/// Computes from tensors of the host, for tensors of the device; undefined ones stay so.
template <class Compute>
std::vector<Tensor> on_host(const std::vector<Tensor>& given, const Compute& compute) {
  const auto alias = [](const Tensor& tensor) { return tensor.defined() ? host_alias(tensor) : tensor; };
  std::vector<Tensor> aliases;
  for (const Tensor& tensor : given) aliases.push_back(alias(tensor));
  return compute(aliases);
}

template <class Compute>
std::vector<Tensor> computed(const char* name, const std::vector<Tensor>& given, const Compute& compute) {
  for (const Tensor& tensor : given) {
    if (tensor.defined() && !is_here(tensor)) refuse("a convolution with tensors of the host");
  }
  count_operation(name);
  std::vector<Tensor> results = on_host(given, compute);
  for (Tensor& tensor : results) tensor = tensor.defined() ? moved_here(tensor) : tensor;
  if (Recording* recording = Recording::current()) {
    recording->add([compute, from = std::vector<Held>(given.begin(), given.end()),
                    to = std::vector<Held>(results.begin(), results.end())] {
      std::vector<Tensor> tensors;
      for (const Held& held : from) tensors.push_back(held.get());
      const std::vector<Tensor> again = on_host(tensors, compute);
      for (std::size_t i = 0; i < to.size(); ++i) {
        if (again[i].defined()) host_alias(to[i].get()).copy_(again[i]);
      }
    });
  }
  return results;
}

Tensor convolution(const Tensor& input, const Tensor& weight, const optional<Tensor>& bias, IntArrayRef stride,
                   IntArrayRef padding, IntArrayRef dilation, bool transposed, IntArrayRef output_padding,
                   std::int64_t groups) {
  const Convolution options(stride, padding, dilation, transposed, output_padding, groups);
  return computed(
             "aten::convolution", {input, weight, bias.value_or(Tensor())},
             [options](const std::vector<Tensor>& given) -> std::vector<Tensor> {
               return {at::convolution(given[0], given[1], given[2], options.stride, options.padding, options.dilation,
                                       options.transposed, options.output_padding, options.groups)};
             })
      .front();
}

std::tuple<Tensor, Tensor, Tensor> convolution_backward(const Tensor& gradient, const Tensor& input,
                                                        const Tensor& weight, IntArrayRef stride, IntArrayRef padding,
                                                        IntArrayRef dilation, bool transposed,
                                                        IntArrayRef output_padding, std::int64_t groups,
                                                        std::array<bool, 3> wanted) {
  const Convolution options(stride, padding, dilation, transposed, output_padding, groups);
  const std::vector<Tensor> gradients =
      computed("aten::convolution_backward", {gradient, input, weight},
               [options, wanted](const std::vector<Tensor>& given) -> std::vector<Tensor> {
                 const std::vector<std::int64_t> bias_sizes{given[2].size(0)};
                 const auto [to_input, to_weight, to_bias] = at::convolution_backward(
                     given[0], given[1], given[2], bias_sizes, options.stride, options.padding, options.dilation,
                     options.transposed, options.output_padding, options.groups, wanted);
                 return {to_input, to_weight, to_bias};
               });
  return {gradients[0], gradients[1], gradients[2]};
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
