// SPDX-License-Identifier: MIT
// Every operator that operations.cpp does not name: the CPU's kernel on the host's view of the same memory.
#include <ATen/EmptyTensor.h>
#include <torch/library.h>

#include <vector>

#include "events.hpp"
#include "memory.hpp"
#include "tensors.hpp"

namespace eigensweep::pretended {
namespace {

using at::Tensor;

bool is_written(const c10::Argument& argument) {
  return argument.alias_info() != nullptr && argument.alias_info()->isWrite();
}

/// One call of an operator.
class Call {
 public:
  Call(const c10::OperatorHandle& op, torch::jit::Stack& stack) : op_(op), stack_(stack) {
    name_ = op.operator_name().name;
    const std::string& overload = op.operator_name().overload_name;
    if (!overload.empty()) name_ += "." + overload;
  }

  void run() {
    const auto& arguments = op_.schema().arguments();
    const std::size_t first = stack_.size() - arguments.size();
    for (std::size_t i = 0; i < arguments.size(); ++i) lend(stack_[first + i], arguments[i]);
    if (!tensors_.empty() && !stranger_.empty()) {
      refuse(name_ + ": argument '" + stranger_ + "' is on the CPU, others are on the device");
    }
    count_operation(name_);
    op_.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), &stack_);
    for (Lent& lent : tensors_) take_resized(lent);
    const std::size_t results = op_.schema().returns().size();
    for (std::size_t i = stack_.size() - results; i < stack_.size(); ++i) take_back(stack_[i]);
  }

 private:
  struct Lent {
    Tensor here, host;
    bool may_grow;  // an empty output, which the kernel makes as large as it needs
  };

  Tensor lent(const Tensor& tensor, const c10::Argument& argument) {
    if (!tensor.defined()) return tensor;
    if (!is_here(tensor)) {
      // A number may come from the host, as with CUDA.
      if (tensor.dim() > 0 || is_written(argument)) stranger_ = argument.name();
      return tensor;
    }
    for (const Lent& known : tensors_) {
      if (known.here.is_same(tensor)) return known.host;
    }
    const bool may_grow = is_written(argument) && tensor.numel() == 0;
    const auto options = at::TensorOptions().dtype(tensor.scalar_type());
    tensors_.push_back({tensor, may_grow ? at::detail::empty_cpu({0}, options) : host_alias(tensor), may_grow});
    return tensors_.back().host;
  }

  void lend(c10::IValue& value, const c10::Argument& argument) {
    if (value.isTensor()) {
      value = lent(value.toTensor(), argument);
    } else if (value.isTensorList()) {
      std::vector<Tensor> list = value.toTensorVector();
      for (Tensor& tensor : list) tensor = lent(tensor, argument);
      value = c10::List<Tensor>(list);
    } else if (value.isOptionalTensorList()) {
      c10::List<std::optional<Tensor>> list;
      for (const std::optional<Tensor>& tensor : value.toOptionalTensorVector()) {
        list.push_back(tensor ? std::optional(lent(*tensor, argument)) : std::nullopt);
      }
      value = list;
    } else if (value.isDevice() && value.toDevice().type() == device.type()) {
      value = c10::Device(at::kCPU);
    }
  }

  static void take_resized(Lent& lent) {
    if (!lent.may_grow || lent.host.numel() == 0) return;
    const Tensor grown = moved_here(lent.host);
    lent.here.unsafeGetTensorImpl()->set_storage_keep_dtype(grown.storage());
    lent.here.unsafeGetTensorImpl()->set_sizes_and_strides(grown.sizes(), grown.strides(), 0);
  }

  Tensor taken_back(const Tensor& result) const {
    if (!result.defined()) return result;
    for (const Lent& lent : tensors_) {
      if (lent.host.is_same(result)) return lent.here;
      if (result.numel() > 0 && lent.host.storage().is_alias_of(result.storage())) {
        refuse(name_ + ", which returns a view; operations.cpp has to name it");
      }
    }
    return moved_here(result);
  }

  void take_back(c10::IValue& value) const {
    if (value.isTensor()) {
      value = taken_back(value.toTensor());
    } else if (value.isTensorList()) {
      std::vector<Tensor> list = value.toTensorVector();
      for (Tensor& tensor : list) tensor = taken_back(tensor);
      value = c10::List<Tensor>(list);
    }
  }

  const c10::OperatorHandle& op_;
  torch::jit::Stack& stack_;
  std::string name_;
  std::string stranger_;  // an argument that is on the host
  std::vector<Lent> tensors_;
};

void fallback(const c10::OperatorHandle& op, c10::DispatchKeySet /*keys*/, torch::jit::Stack* stack) {
  Call(op, *stack).run();
}

}  // namespace

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>());
}

}  // namespace eigensweep::pretended
