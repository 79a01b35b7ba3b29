// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/kind.hpp"

namespace eigensweep::metrics {

study::Kind declare_accuracy() {
  study::Kind kind;
  kind.family = study::Family::metric;
  kind.name = "accuracy";
  kind.meaning = "loss and accuracy on the clean training and test set";
  kind.columns = {
      {"train_accuracy", {}, "f64", "", "share of the training samples classified right"},
      {"train_loss", {}, "f64", "", "mean cross entropy on the training set"},
      {"test_accuracy", {}, "f64", "", "share of the test samples classified right"},
      {"test_loss", {}, "f64", "", "mean cross entropy on the test set"},
  };
  kind.work = [](const Json&, const study::WorkContext& context) {
    return context.model.forward_flops *
           static_cast<double>(context.dataset.train_samples + context.dataset.test_samples);
  };
  return kind;
}

}  // namespace eigensweep::metrics
#else
#include <algorithm>

#include "eigensweep/metrics/metric.hpp"
#include "eigensweep/models/footprint.hpp"
#include "eigensweep/models/verdict.hpp"

namespace eigensweep::metrics {
namespace {

constexpr double chunk_bytes = 3e8;
constexpr std::int64_t most_samples = 10000;

/// Per lane, in double, on the host.
struct Score {
  torch::Tensor accuracy;
  torch::Tensor loss;
};

Score score(models::Model& model, const torch::Tensor& images, const torch::Tensor& labels) {
  const std::int64_t samples = images.size(0);
  const std::int64_t numbers = models::activations_per_sample(model, images.size(1), images.device()) + images.size(1);
  const std::int64_t chunk = std::clamp(static_cast<std::int64_t>(chunk_bytes / (4.0 * static_cast<double>(numbers))),
                                        std::int64_t{16}, most_samples);
  const auto sums = torch::TensorOptions(images.device()).dtype(torch::kFloat64);
  torch::Tensor right = torch::zeros({model.lanes()}, sums);
  torch::Tensor loss = torch::zeros({model.lanes()}, sums);
  for (std::int64_t start = 0; start < samples; start += chunk) {
    const std::int64_t stop = std::min(start + chunk, samples);
    const auto inputs = models::Inputs::shared(data::to_unit(images.slice(0, start, stop)), model.lanes());
    const torch::Tensor logits = model.forward(inputs, models::Mode::evaluate).logits;
    const torch::Tensor wanted = labels.slice(0, start, stop);
    right.add_(models::is_right(logits, wanted).sum(1));
    loss.add_(models::cross_entropy(logits, wanted).to(torch::kFloat64).sum(1));
  }
  const auto n = static_cast<double>(samples);
  return {(right / n).cpu(), (loss / n).cpu()};
}

class Accuracy final : public Metric {
 public:
  std::vector<Measurement> measure(const Subject& subject) override {
    const torch::NoGradGuard no_gradients;
    const Score train = score(subject.model, subject.data.train_images, subject.data.train_labels);
    const Score test = score(subject.model, subject.data.test_images, subject.data.test_labels);
    std::vector<Measurement> lanes;
    for (std::int64_t lane = 0; lane < subject.model.lanes(); ++lane) {
      const auto number = [lane](const torch::Tensor& values) {
        return wire::Array::scalar(values[lane].item<double>());
      };
      lanes.push_back({{"train_accuracy", number(train.accuracy)},
                       {"train_loss", number(train.loss)},
                       {"test_accuracy", number(test.accuracy)},
                       {"test_loss", number(test.loss)}});
    }
    return lanes;
  }
};

}  // namespace

std::unique_ptr<Metric> make_accuracy(const Json&) { return std::make_unique<Accuracy>(); }

}  // namespace eigensweep::metrics
#endif
