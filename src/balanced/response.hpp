// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace eigensweep::balanced {

/// A piece of time, counted in updates: a bin has a whole number of them, not always the same.
struct Piece {
  double activity = 0;  ///< sum over its updates of the population's active neurons
  double updates = 0;
  double middle = 0;  ///< updates from the step to the middle of the piece
};

/// The activity of one population after a step of the drive, averaged over steps.
class Response {
 public:
  /// `bins`: pieces of the time after a step.
  explicit Response(std::size_t bins) : after_(bins) {}
  /// A piece of the time before a step, or after one.
  void add_before(const Piece& piece);
  void add_after(std::size_t bin, const Piece& piece);
  /// When the activity has come 1 - 1/e of the way, in updates; see measure().
  [[nodiscard]] double time() const;

 private:
  /// Over all steps; `middle` is a sum as well, weighted by the updates.
  Piece before_;
  std::vector<Piece> after_;
};

}  // namespace eigensweep::balanced
