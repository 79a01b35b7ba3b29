// SPDX-License-Identifier: MIT
#include "response.hpp"

#include <limits>
#include <numbers>

namespace eigensweep::balanced {
namespace {

void add(Piece& sum, const Piece& piece) {
  sum.activity += piece.activity;
  sum.updates += piece.updates;
  sum.middle += piece.updates * piece.middle;
}

}  // namespace

void Response::add_before(const Piece& piece) { add(before_, piece); }

void Response::add_after(std::size_t bin, const Piece& piece) { add(after_[bin], piece); }

double Response::time() const {
  constexpr double never = std::numeric_limits<double>::quiet_NaN();
  Piece end;
  for (std::size_t bin = after_.size() / 2; bin < after_.size(); ++bin) add(end, after_[bin]);
  const double before = before_.activity / before_.updates, settled = end.activity / end.updates;
  if (settled == before) return never;
  const double wanted = before + (1 - 1 / std::numbers::e) * (settled - before);
  // The mean of a piece stands for its middle; before the first one stands the step itself.
  double last = before, last_at = 0;
  for (const Piece& piece : after_) {
    if (piece.updates == 0) continue;  // a small network is updated less often than once a bin
    const double here = piece.activity / piece.updates, at = piece.middle / piece.updates;
    if ((here - wanted) * (settled - before) >= 0) {
      return here == last ? at : last_at + (at - last_at) * (wanted - last) / (here - last);
    }
    last = here;
    last_at = at;
  }
  return never;
}

}  // namespace eigensweep::balanced
