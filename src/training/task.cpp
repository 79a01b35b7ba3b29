// SPDX-License-Identifier: MIT
#include "eigensweep/training/task.hpp"

namespace eigensweep::training {
namespace {

Tensor rank(const Tensor& logits, const Tensor& index, const Batch& batch) {
  const Tensor own = logits.narrow(2, 0, batch.samples);
  return own.ge(own.gather(1, index.narrow(2, 0, batch.samples))).sum(1, /*keepdim=*/false, torch::kInt16);
}

class CrossEntropy final : public Task {
 public:
  TaskResult evaluate(const Tensor& logits, const Batch& batch) override {
    const torch::NoGradGuard no_gradients;
    const Tensor index = batch.targets.at("labels").unsqueeze(1);
    const Tensor log_probability = torch::log_softmax(logits, 1);
    const std::int64_t samples = logits.size(2);
    if (!minus_mean_.defined() || minus_mean_.size(0) != samples) {
      minus_mean_ = torch::full({samples}, -1.0 / static_cast<double>(samples), logits.options());
    }
    return {torch::mv(log_probability.gather(1, index).squeeze(1), minus_mean_),
            log_probability.exp().scatter_(1, index, -1, "add").mul_(1.0 / static_cast<double>(samples)),
            rank(logits, index, batch)};
  }

 private:
  Tensor minus_mean_;  // [B]: the product with it is the mean over samples with its sign changed
};

class MeanSquaredError final : public Task {
 public:
  explicit MeanSquaredError(double offset) : offset_(offset) {}

  TaskResult evaluate(const Tensor& logits, const Batch& batch) override {
    const torch::NoGradGuard no_gradients;
    const Tensor index = batch.targets.at("labels").unsqueeze(1);
    const Tensor error = (logits + offset_).scatter_(1, index, -1, "add");
    const auto numbers = static_cast<double>(logits.size(1) * logits.size(2));
    return {error.square().mean({1, 2}), error * (2.0 / numbers), rank(logits, index, batch)};
  }

 private:
  double offset_;
};

}  // namespace

std::unique_ptr<Task> make_task(const study::Training& training) {
  if (training.loss == study::Training::Loss::mse) return std::make_unique<MeanSquaredError>(training.target_offset);
  return std::make_unique<CrossEntropy>();
}

}  // namespace eigensweep::training
