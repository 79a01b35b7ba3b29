// SPDX-License-Identifier: MIT
#include "eigensweep/training/task.hpp"

#include "eigensweep/models/numerics/verdict.hpp"

namespace eigensweep::training {
namespace {

class Classification : public Task {
 public:
  Tensor correct(const models::Output& output, const Batch& batch) override {
    const torch::NoGradGuard no_grad;
    return models::is_right(output.logits.detach(), batch.targets.at("labels")).sum(1);
  }
};

class CrossEntropy final : public Classification {
 public:
  Tensor loss(const models::Output& output, const Batch& batch) override {
    const Tensor picked = torch::log_softmax(output.logits, 1).gather(1, batch.targets.at("labels").unsqueeze(1));
    return picked.squeeze(1).mean(1).neg();
  }
};

class MeanSquaredError final : public Classification {
 public:
  MeanSquaredError(std::int64_t classes, double offset) : classes_(classes), offset_(offset) {}
  Tensor loss(const models::Output& output, const Batch& batch) override {
    const Tensor wanted =
        torch::one_hot(batch.targets.at("labels"), classes_).transpose(1, 2).to(output.logits.scalar_type()) - offset_;
    return (output.logits - wanted).square().mean({1, 2});
  }

 private:
  std::int64_t classes_;
  double offset_;
};

}  // namespace

std::unique_ptr<Task> make_task(const study::Training& training, std::int64_t classes) {
  if (training.loss == study::Training::Loss::mse) {
    return std::make_unique<MeanSquaredError>(classes, training.target_offset);
  }
  return std::make_unique<CrossEntropy>();
}

}  // namespace eigensweep::training
