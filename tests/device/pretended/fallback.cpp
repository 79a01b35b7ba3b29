// SPDX-License-Identifier: MIT
// Every operator that operations.cpp does not name: the CPU's kernel on the host's view of the same memory.
#include <ATen/EmptyTensor.h>
#include <torch/library.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "events.hpp"
#include "memory.hpp"
#include "recording.hpp"
#include "stack.hpp"
#include "tensors.hpp"

namespace eigensweep::pretended {
namespace {

using at::Tensor;

bool is_written(const c10::Argument& argument) {
  if (argument.name().starts_with("running_")) return true;  // batch norm's schemas do not say so
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
    Recording* const recording = Recording::current();
    const torch::jit::Stack given =
        recording == nullptr ? torch::jit::Stack() : torch::jit::Stack(first_argument(), stack_.end());
    lend();
    count_operation(name_);
    if (recording != nullptr) {
      for (const Lent& lent : tensors_) {
        if (lent.is_written) recording->will_write(lent.here);
      }
    }
    compute();
    for (Lent& lent : tensors_) take_resized(lent);
    for (auto result = first_result(); result != stack_.end(); ++result) {
      each_tensor(*result, [this](const Tensor& tensor) { return taken_back(tensor); });
    }
    if (recording == nullptr) return;
    recording->add([op = op_, arguments = HeldStack(given), results = HeldStack({first_result(), stack_.end()})] {
      torch::jit::Stack stack = arguments.get();
      Call(op, stack).run_again(results.get());
    });
  }

 private:
  struct Lent {
    Tensor here, host;
    bool is_written;
    bool may_grow;  // an empty output, which the kernel makes as large as it needs
  };

  torch::jit::Stack::iterator first_argument() const {
    return stack_.end() - static_cast<std::ptrdiff_t>(op_.schema().arguments().size());
  }
  torch::jit::Stack::iterator first_result() const {
    return stack_.end() - static_cast<std::ptrdiff_t>(op_.schema().returns().size());
  }

  /// Gives what it computes to the tensors that had the results when it was recorded.
  void run_again(torch::jit::Stack results) {
    lend();
    compute();
    std::vector<Tensor> computed;
    for (auto result = first_result(); result != stack_.end(); ++result) {
      each_tensor(*result, [&](const Tensor& tensor) { return computed.emplace_back(tensor); });
    }
    std::size_t next = 0;
    for (c10::IValue& result : results) {
      each_tensor(result, [&](const Tensor& tensor) {
        const Tensor& from = computed[next++];
        if (tensor.defined() && !is_lent(from)) host_alias(tensor).copy_(from);
        return tensor;
      });
    }
  }

  void lend() {
    const auto& arguments = op_.schema().arguments();
    auto value = first_argument();
    for (const c10::Argument& argument : arguments) lend(*value++, argument);
    if (!tensors_.empty() && !stranger_.empty()) {
      refuse(name_ + ": argument '" + stranger_ + "' is on the CPU, others are on the device");
    }
  }

  void compute() { op_.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), &stack_); }

  Tensor lent(const Tensor& tensor, const c10::Argument& argument) {
    if (!tensor.defined()) return tensor;
    if (!is_here(tensor)) {
      // A number may come from the host, as with CUDA.
      if (tensor.dim() > 0 || is_written(argument)) stranger_ = argument.name();
      return tensor;
    }
    for (Lent& known : tensors_) {
      if (!known.here.is_same(tensor)) continue;
      known.is_written = known.is_written || is_written(argument);
      return known.host;
    }
    const bool may_grow = is_written(argument) && tensor.numel() == 0;
    const auto options = at::TensorOptions().dtype(tensor.scalar_type());
    tensors_.push_back(
        {tensor, may_grow ? at::detail::empty_cpu({0}, options) : host_alias(tensor), is_written(argument), may_grow});
    return tensors_.back().host;
  }

  void lend(c10::IValue& value, const c10::Argument& argument) {
    each_tensor(value, [&](const Tensor& tensor) { return lent(tensor, argument); });
    if (value.isDevice() && value.toDevice().type() == device.type()) value = c10::Device(at::kCPU);
  }

  static void take_resized(Lent& lent) {
    if (!lent.may_grow || lent.host.numel() == 0) return;
    const Tensor grown = moved_here(lent.host);
    lent.here.unsafeGetTensorImpl()->set_storage_keep_dtype(grown.storage());
    lent.here.unsafeGetTensorImpl()->set_sizes_and_strides(grown.sizes(), grown.strides(), 0);
  }

  bool is_lent(const Tensor& result) const {
    return std::any_of(tensors_.begin(), tensors_.end(), [&](const Lent& lent) { return lent.host.is_same(result); });
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
