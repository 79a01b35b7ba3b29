// SPDX-License-Identifier: MIT
#include "eigensweep/models/verdict.hpp"

#include <limits>

namespace eigensweep::models {
namespace {

/// Labels [B] or [E, B] as an index into logits [E, C, B] along the classes: [E, 1, B].
Tensor class_index(const Tensor& logits, const Tensor& labels) {
  return labels.unsqueeze(-2).expand({logits.size(0), 1, logits.size(2)});
}

}  // namespace

Tensor is_right(const Tensor& logits, const Tensor& labels) {
  const Tensor index = class_index(logits, labels);
  const Tensor rivals = logits.scatter(1, index, -std::numeric_limits<double>::infinity()).amax(1);
  return logits.gather(1, index).squeeze(1) > rivals;
}

Tensor cross_entropy(const Tensor& logits, const Tensor& labels) {
  return -logits.log_softmax(1).gather(1, class_index(logits, labels)).squeeze(1);
}

}  // namespace eigensweep::models
