// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include <algorithm>

#include "eigensweep/study/declare/passes.hpp"

namespace eigensweep::metrics {

study::Kind declare_accuracy() {
  study::Kind kind;
  kind.family = study::Family::metric;
  kind.name = "accuracy";
  kind.meaning = "loss and accuracy on the clean training and test set";
  kind.columns = {
      {"train_accuracy", {}, "f64", "", "share of the training samples classified right"},
      {"train_loss", {}, "f64", "", "mean loss on the training set: what training minimised, without penalties"},
      {"train_cross_entropy", {}, "f64", "", "mean cross entropy on the training set"},
      {"test_accuracy", {}, "f64", "", "share of the test samples classified right"},
      {"test_loss", {}, "f64", "", "mean loss on the test set: what training minimised, without penalties"},
      {"test_cross_entropy", {}, "f64", "", "mean cross entropy on the test set"},
  };
  kind.work = [](const Json&, const study::WorkContext& context) {
    return context.model.forward_flops *
           static_cast<double>(context.dataset.train_samples + context.dataset.test_samples);
  };
  kind.pass = [](const Json&, const study::WorkContext& context) {
    const auto most = std::max(context.dataset.train_samples, context.dataset.test_samples);
    return study::output_pass(context, static_cast<double>(most));
  };
  return kind;
}

}  // namespace eigensweep::metrics
#else
#include "eigensweep/metrics/metric.hpp"
#include "score.hpp"

namespace eigensweep::metrics {
namespace {

class Accuracy final : public Metric {
 public:
  std::vector<Measurement> measure(const Subject& subject) override {
    const torch::NoGradGuard no_gradients;
    const auto train = score(subject, subject.data.train_images, subject.data.train_labels);
    const auto test = score(subject, subject.data.test_images, subject.data.test_labels);
    std::vector<Measurement> lanes(train.size());
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      add_verdict(train[lane], "train", lanes[lane]);
      add_verdict(test[lane], "test", lanes[lane]);
    }
    return lanes;
  }
};

}  // namespace

std::unique_ptr<Metric> make_accuracy(const Json&) { return std::make_unique<Accuracy>(); }

}  // namespace eigensweep::metrics
#endif
