// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/study/declare/training.hpp"

namespace eigensweep::models {

using torch::Tensor;

/// Whether `logits` [E, C, B] are right about `labels` [B] or [E, B]: [E, B] bool. Right means the label's logit is
/// above all others: a tie or a NaN is wrong, while argmax would decide a tie by the order of the classes.
Tensor is_right(const Tensor& logits, const Tensor& labels);
/// Cross entropy of each sample: [E, B].
Tensor cross_entropy(const Tensor& logits, const Tensor& labels);
/// The derivative of each sample's cross entropy with respect to its logits, softmax less one-hot label: [E, C, B].
Tensor cross_entropy_gradient(const Tensor& logits, const Tensor& labels);

/// Squared error of each sample, mean over classes, against the one-hot label less `offset`: [E, B] float64.
Tensor squared_error(const Tensor& logits, const Tensor& labels, double offset);

/// A loss of each sample: logits [E, C, B] and labels [B] or [E, B] to [E, B].
using SampleLoss = std::function<Tensor(const Tensor& logits, const Tensor& labels)>;
/// The task's loss that training minimises.
SampleLoss sample_loss(const study::Training& training);

/// How one network does on samples.
struct Verdict {
  double accuracy;      ///< share classified right
  double loss;          ///< mean cross entropy
  double task_loss;     ///< mean of the loss that the tally was asked for; else of the cross entropy
  std::string trouble;  ///< why all three are NaN, or ""
  std::string remark;   ///< how many samples are ties, where they are many, or ""
};

/// Scores E networks, batch by batch. A network with a single logit that is not finite has neither accuracy nor loss.
class Tally {
 public:
  /// `task_loss`: a second loss to average, besides the cross entropy.
  Tally(std::int64_t lanes, const torch::Device& device, SampleLoss task_loss = {});

  /// `logits` [E, C, B], `labels` [B] or [E, B].
  void add(const Tensor& logits, const Tensor& labels);
  /// One per lane; waits for the device.
  [[nodiscard]] std::vector<Verdict> verdicts() const;

 private:
  SampleLoss sample_loss_;
  Tensor right_;   // [E] float64
  Tensor tied_;    // [E] float64: no class is above all others, and the label's is among the highest
  Tensor loss_;    // [E] float64
  Tensor task_;    // [E] float64: of sample_loss_, where there is one
  Tensor finite_;  // [E] bool: whether all logits so far are finite
  std::int64_t samples_ = 0;
};

}  // namespace eigensweep::models
