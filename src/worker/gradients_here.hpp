// SPDX-License-Identifier: MIT
#pragma once

#include <c10/core/AutogradState.h>

namespace eigensweep::worker {

/// While it lives, the thread that asks for gradients computes them, as on the CPU. Torch has a thread for each device,
/// and numbers the operations of each thread by themselves. It adds up second derivatives in the order of these
/// numbers, so their rounding would depend on all that the worker has computed before.
class GradientsHere {
 public:
  GradientsHere() { state().set_multithreading_enabled(false); }
  ~GradientsHere() { state().set_multithreading_enabled(before_); }
  GradientsHere(const GradientsHere&) = delete;
  GradientsHere& operator=(const GradientsHere&) = delete;

 private:
  static c10::AutogradState& state() { return c10::AutogradState::get_tls_state(); }
  bool before_ = state().get_multithreading_enabled();
};

}  // namespace eigensweep::worker
