// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/declare/passes.hpp"

namespace eigensweep::metrics {

study::Kind declare_validation() {
  study::Kind kind;
  kind.family = study::Family::metric;
  kind.name = "validation";
  kind.meaning = "loss and accuracy on the samples held out for validation: to choose by, with the test set unseen";
  kind.columns = {
      {"validation_accuracy", {}, "f64", "", "share of the validation samples classified right"},
      {"validation_loss",
       {},
       "f64",
       "",
       "mean loss on the validation samples: what training minimised, without penalties"},
      {"validation_cross_entropy", {}, "f64", "", "mean cross entropy on the validation samples"},
  };
  kind.refuse_inputs = [](const Json&, const study::DatasetInfo& dataset) -> std::string {
    if (dataset.validation_samples > 0) return "";
    return "no samples are held out for validation; set /dataset/validation_samples, or leave out this metric";
  };
  kind.work = [](const Json&, const study::WorkContext& context) {
    return context.model.forward_flops * static_cast<double>(context.dataset.validation_samples);
  };
  kind.pass = [](const Json&, const study::WorkContext& context) {
    return study::output_pass(context, static_cast<double>(context.dataset.validation_samples));
  };
  return kind;
}

}  // namespace eigensweep::metrics
#else
#include "eigensweep/metrics/metric.hpp"
#include "score.hpp"

namespace eigensweep::metrics {
namespace {

class Validation final : public Metric {
 public:
  std::vector<Measurement> measure(const Subject& subject) override {
    const torch::NoGradGuard no_gradients;
    const auto held_out = score(subject, subject.data.validation_images, subject.data.validation_labels);
    std::vector<Measurement> lanes(held_out.size());
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) add_verdict(held_out[lane], "validation", lanes[lane]);
    return lanes;
  }
};

}  // namespace

std::unique_ptr<Metric> make_validation(const Json&) { return std::make_unique<Validation>(); }

}  // namespace eigensweep::metrics
#endif
