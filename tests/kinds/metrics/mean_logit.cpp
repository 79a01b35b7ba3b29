// SPDX-License-Identifier: MIT
// The mean output of each class, and over all classes, on one part of the dataset.
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::metrics {
namespace {

struct MeanLogitOptions {
  enum class Split { train, test };
  Split split = Split::test;

  static study::Fields<MeanLogitOptions> fields() {
    return study::Fields<MeanLogitOptions>().choice("split", &MeanLogitOptions::split,
                                                    {{"train", Split::train}, {"test", Split::test}},
                                                    "over which part of the dataset");
  }
};

}  // namespace
}  // namespace eigensweep::metrics

#ifdef EIGENSWEEP_DECLARATIONS
namespace eigensweep::metrics {

study::Kind declare_mean_logit() {
  study::Kind kind = study::declare<MeanLogitOptions>(study::Family::metric, "mean_logit",
                                                      "the networks' mean output over one part of the dataset");
  kind.columns = {
      {"mean_logit", {}, "f64", "", "mean over samples and classes of the outputs"},
      {"class_logit", {"class"}, "f64", "", "mean over samples of each class's output"},
  };
  kind.work = study::typed<MeanLogitOptions>([](const MeanLogitOptions& mean, const study::WorkContext& context) {
    const std::int64_t samples =
        mean.split == MeanLogitOptions::Split::train ? context.dataset.train_samples : context.dataset.test_samples;
    return context.model.forward_flops * static_cast<double>(samples);
  });
  return kind;
}

}  // namespace eigensweep::metrics

#else
#include <cmath>

#include "eigensweep/metrics/metric.hpp"

namespace eigensweep::metrics {
namespace {

class MeanLogit final : public Metric {
 public:
  explicit MeanLogit(MeanLogitOptions options) : options_(options) {}

  std::vector<Measurement> measure(const Subject& subject) override {
    const torch::NoGradGuard no_gradients;
    const bool is_train = options_.split == MeanLogitOptions::Split::train;
    const torch::Tensor& images = is_train ? subject.data.train_images : subject.data.test_images;
    const auto inputs = models::Inputs::shared(data::to_inputs(images), subject.model.lanes());
    const torch::Tensor logits = subject.model.forward(inputs, models::Mode::evaluate).logits;  // [E, C, B]
    const torch::Tensor means = logits.to(torch::kFloat64).mean(2).cpu().contiguous();          // [E, C]
    std::vector<Measurement> lanes;
    for (std::int64_t lane = 0; lane < means.size(0); ++lane) {
      const double* first = means[lane].data_ptr<double>();
      const double mean = means[lane].mean().item<double>();
      lanes.push_back({{"mean_logit", wire::Array::scalar(mean)},
                       {"class_logit", wire::Array::of({first, first + means.size(1)}, {means.size(1)})}});
      if (!std::isfinite(mean)) lanes.back().add_failure("a logit is not finite");
    }
    return lanes;
  }

 private:
  MeanLogitOptions options_;
};

}  // namespace

std::unique_ptr<Metric> make_mean_logit(const Json& options) {
  return std::make_unique<MeanLogit>(study::read<MeanLogitOptions>(options));
}

}  // namespace eigensweep::metrics
#endif
