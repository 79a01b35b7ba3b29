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
#endif
