// SPDX-License-Identifier: MIT
#include "eigensweep/models/numerics/verdict.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include "eigensweep/core/error.hpp"

namespace eigensweep::models {
namespace {

/// Labels [B] or [E, B] as an index into logits [E, C, B] along the classes: [E, 1, B].
Tensor class_index(const Tensor& logits, const Tensor& labels) {
  return labels.unsqueeze(-2).expand({logits.size(0), 1, logits.size(2)});
}

/// The label's logit, and the largest of the others: [E, B] each.
std::pair<Tensor, Tensor> label_and_rival(const Tensor& logits, const Tensor& labels) {
  const Tensor index = class_index(logits, labels);
  return {logits.gather(1, index).squeeze(1),
          logits.scatter(1, index, -std::numeric_limits<double>::infinity()).amax(1)};
}

/// A few ties are chance; from this share of the samples on, the verdict mentions them.
constexpr double worth_a_word = 0.01;

}  // namespace

Tensor is_right(const Tensor& logits, const Tensor& labels) {
  const auto [label, rival] = label_and_rival(logits, labels);
  return label > rival;
}

Tensor cross_entropy(const Tensor& logits, const Tensor& labels) {
  return -logits.log_softmax(1).gather(1, class_index(logits, labels)).squeeze(1);
}

Tensor cross_entropy_gradient(const Tensor& logits, const Tensor& labels) {
  return logits.softmax(1).scatter_(1, class_index(logits, labels), -1, "add");
}

Tensor squared_error(const Tensor& logits, const Tensor& labels, double offset) {
  const Tensor wanted = torch::zeros_like(logits, torch::kFloat64).scatter_(1, class_index(logits, labels), 1.0);
  return (logits.to(torch::kFloat64) - (wanted - offset)).square().mean(1);
}

SampleLoss sample_loss(const study::Training& training) {
  switch (training.loss) {
    case study::Training::Loss::cross_entropy:
      return cross_entropy;
    case study::Training::Loss::mse:
      return [offset = training.target_offset](const Tensor& logits, const Tensor& labels) {
        return squared_error(logits, labels, offset);
      };
  }
  throw ContractViolation("a training without a loss");
}

Tally::Tally(std::int64_t lanes, const torch::Device& device, SampleLoss task_loss)
    : sample_loss_(std::move(task_loss)) {
  const auto sums = torch::TensorOptions(device).dtype(torch::kFloat64);
  right_ = torch::zeros({lanes}, sums);
  tied_ = torch::zeros({lanes}, sums);
  loss_ = torch::zeros({lanes}, sums);
  task_ = torch::zeros({lanes}, sums);
  finite_ = torch::ones({lanes}, sums.dtype(torch::kBool));
}

void Tally::add(const Tensor& logits, const Tensor& labels) {
  const auto [label, rival] = label_and_rival(logits, labels);
  right_.add_((label > rival).sum(1));
  tied_.add_((label == rival).sum(1));
  loss_.add_(cross_entropy(logits, labels).to(torch::kFloat64).sum(1));
  if (sample_loss_) task_.add_(sample_loss_(logits, labels).to(torch::kFloat64).sum(1));
  finite_.logical_and_(logits.isfinite().flatten(1).all(1));
  samples_ += logits.size(2);
}

std::vector<Verdict> Tally::verdicts() const {
  const auto n = static_cast<double>(samples_);
  const Tensor numbers =
      torch::stack({right_ / n, loss_ / n, finite_.to(torch::kFloat64), tied_, (sample_loss_ ? task_ : loss_) / n})
          .cpu();
  const auto value = numbers.accessor<double, 2>();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<Verdict> verdicts;
  for (std::int64_t lane = 0; lane < numbers.size(1); ++lane) {
    if (value[2][lane] == 0) {
      verdicts.push_back({nan, nan, nan, "a logit is not finite", ""});
    } else if (!std::isfinite(value[1][lane])) {
      verdicts.push_back({nan, nan, nan, "the cross entropy is not finite", ""});
    } else {
      verdicts.push_back({value[0][lane], value[1][lane], value[4][lane], "", ""});
      if (value[3][lane] >= worth_a_word * n) {
        verdicts.back().remark = fmt::format(
            "{:.0f} of {} have another logit as large as the label's, which counts as wrong", value[3][lane], samples_);
      }
    }
  }
  return verdicts;
}

}  // namespace eigensweep::models
