// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/attacks/evaluate.hpp"
#include "eigensweep/kernels/limit_network.hpp"
#include "loaded.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

/// The first 100 training images of each digit, and the first 500 test images.
data::DeviceDataset hundred_of_each() {
  data::DeviceDataset set(loaded({{"kind", "mnist"}, {"test_samples", 500}}), torch::kCPU);
  std::vector<Tensor> chosen;
  for (std::int64_t digit = 0; digit < 10; ++digit) {
    chosen.push_back(set.train_labels.eq(digit).nonzero().view(-1).slice(0, 0, 100));
  }
  const Tensor index = torch::cat(chosen);
  set.train_images = set.train_images.index_select(0, index);
  set.train_labels = set.train_labels.index_select(0, index);
  set.info.train_samples = 1000;
  return set;
}

struct Case {
  const char* activation;
  int depth;
  double weight_variance, bias_variance;
  double clean, fgsm[4], pgd;  // accuracies
};

}  // namespace

TEST_CASE("attacks on infinite width get the accuracies of an independent program") {
  // In double precision, on the same images: L-infinity radii .05, .1, .2, .3; ten PGD steps of .025 at .1, no random
  // start.
  const std::vector<Case> cases{{"relu", 1, 2, 0, 0.908, {0.688, 0.376, 0, 0}, 0.372},
                                {"relu", 3, 2, 0, 0.910, {0.788, 0.596, 0.054, 0}, 0.588},
                                {"relu", 3, 2, 0.1, 0.906, {0.770, 0.560, 0.036, 0}, 0.560},
                                {"erf", 3, 1.5, 0.1, 0.900, {0.600, 0.096, 0, 0}, 0.094}};
  const data::DeviceDataset set = hundred_of_each();
  for (const Case& one : cases) {
    const Json model{{"kind", "mlp"},
                     {"width", "inf"},
                     {"depth", one.depth},
                     {"activation", one.activation},
                     {"normalise", "none"},
                     {"weight_variance", one.weight_variance},
                     {"bias_variance", one.bias_variance}};
    kernels::LimitNetwork network(resolved(study::Family::model, model), set.info, 1, torch::kCPU);
    study::Training training;
    training.target_offset = 0.1;
    training.limit_time = study::Training::LimitTime::end;
    network.train(set, training, {1.0});
    const Json one_step = resolved(study::Family::attack, "fgsm", {{"samples", 0}});
    const Json ten_steps = resolved(study::Family::attack, "pgd",
                                    {{"samples", 0}, {"steps", 10}, {"relative_step", 0.25}, {"random_start", false}});
    const auto fgsm = attacks::evaluate_robustness("fgsm", one_step, {0, 0.05, 0.1, 0.2, 0.3}, network, set, {0})[0]
                          .at("robust_accuracy")
                          .values();
    INFO(one.activation << " depth " << one.depth << " bias variance " << one.bias_variance);
    CHECK(fgsm[0] == Approx(one.clean).margin(0.01));
    for (std::size_t i = 0; i < 4; ++i) CHECK(fgsm[i + 1] == Approx(one.fgsm[i]).margin(0.01));
    const auto pgd =
        attacks::evaluate_robustness("pgd", ten_steps, {0.1}, network, set, {0})[0].at("robust_accuracy").values();
    CHECK(pgd[0] == Approx(one.pgd).margin(0.01));
  }
}
