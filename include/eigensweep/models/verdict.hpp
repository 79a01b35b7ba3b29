// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"

namespace eigensweep::models {

/// Whether `logits` [E, C, B] are right about `labels` [B] or [E, B]: [E, B] bool. Right means the label's logit is
/// above all others: a tie or a NaN is wrong, where argmax would be right or wrong by the order of classes.
Tensor is_right(const Tensor& logits, const Tensor& labels);
/// Cross entropy of each sample: [E, B].
Tensor cross_entropy(const Tensor& logits, const Tensor& labels);

}  // namespace eigensweep::models
