// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "recording.hpp"

namespace eigensweep::pretended {

/// Replaces every tensor of an argument or a result by `change(tensor)`; undefined tensors too.
template <class Change>
void each_tensor(c10::IValue& value, const Change& change) {
  if (value.isTensor()) {
    value = change(value.toTensor());
  } else if (value.isTensorList()) {
    std::vector<at::Tensor> list = value.toTensorVector();
    for (at::Tensor& tensor : list) tensor = change(tensor);
    value = c10::List<at::Tensor>(list);
  } else if (value.isOptionalTensorList()) {
    c10::List<std::optional<at::Tensor>> list;
    for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorVector()) {
      list.push_back(tensor ? std::optional<at::Tensor>(change(*tensor)) : std::nullopt);
    }
    value = list;
  }
}

/// Arguments or results that a record uses.
class HeldStack {
 public:
  explicit HeldStack(torch::jit::Stack stack) : stack_(std::move(stack)) {
    for (c10::IValue& value : stack_) {
      each_tensor(value, [this](const at::Tensor& tensor) {
        tensors_.emplace_back(tensor);
        return at::Tensor();
      });
    }
  }

  torch::jit::Stack get() const {
    torch::jit::Stack stack = stack_;
    std::size_t next = 0;
    for (c10::IValue& value : stack) {
      each_tensor(value, [&](const at::Tensor&) { return tensors_[next++].get(); });
    }
    return stack;
  }

 private:
  torch::jit::Stack stack_;  // with undefined tensors
  std::vector<Held> tensors_;
};

}  // namespace eigensweep::pretended
