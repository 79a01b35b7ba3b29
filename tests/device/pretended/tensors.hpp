// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace eigensweep::pretended {

bool is_here(const at::Tensor& tensor);

/// A new tensor of the device, its content undefined.
at::Tensor make(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type);

/// The host's tensor over the same memory as this tensor of the device.
at::Tensor host_alias(const at::Tensor& tensor);

/// A new tensor of the device with the content of the host's.
at::Tensor moved_here(const at::Tensor& host);

/// What CUDA would refuse, too: tensors of the host and of the device in one operation.
[[noreturn]] void refuse(const std::string& what);

}  // namespace eigensweep::pretended
