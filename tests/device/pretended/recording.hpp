// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Storage.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace eigensweep::pretended {

/// A tensor that a record uses. Like a CUDA graph, it does not keep memory alive that was there before the record.
class Held {
 public:
  Held() = default;
  explicit Held(const at::Tensor& tensor);
  /// The tensor. Throws c10::Error if its memory was freed.
  at::Tensor get() const;

 private:
  bool is_here_ = false;
  at::Tensor of_host_;  // a number of the host, as it was, or undefined
  c10::weak_intrusive_ptr<c10::StorageImpl> storage_{c10::intrusive_ptr<c10::StorageImpl>()};
  std::vector<std::int64_t> sizes_, strides_;
  std::int64_t offset_ = 0;
  at::ScalarType type_ = at::kFloat;
};

/// What a thread asks the device for while it records. As with CUDA graphs, nothing of it is done: what the operations
/// write to memory that was there before is written back at the end. They run all the same, to know the shapes of what
/// they give.
class Recording {
 public:
  /// The recording of this thread; null if there is none.
  static Recording* current();

  void begin();
  void end();
  void replay() const;

  /// Memory that the record needs, and keeps.
  void keep(const c10::Storage& made) { made_.push_back(made); }
  /// Called before something is written to the tensor.
  void will_write(const at::Tensor& tensor);
  void add(std::function<void()> work) { work_.push_back(std::move(work)); }

 private:
  bool is_made(const c10::Storage& storage) const;

  std::vector<c10::Storage> made_;
  std::vector<std::function<void()>> work_;
  std::map<c10::StorageImpl*, std::pair<c10::Storage, std::string>> before_;  // storages, and what they held
};

}  // namespace eigensweep::pretended
