// SPDX-License-Identifier: MIT
// Whether a network's own tangent kernel explains its accuracy: regression with the kernel at initialisation and with
// the kernel after training, clean and attacked.
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::metrics {
namespace {

struct RegressionOptions {
  std::int64_t train_samples = 500;
  std::int64_t samples = 500;
  std::string attack = "fgsm";
  double epsilon = 0.05;
  std::int64_t steps = 20;
  double relative_step = 0.1;

  static study::Fields<RegressionOptions> fields() {
    return study::Fields<RegressionOptions>()
        .integer("train_samples", &RegressionOptions::train_samples, {2, 1e5},
                 "how many training samples, from the first, are fitted")
        .integer("samples", &RegressionOptions::samples, {0, 1e7}, "how many test samples, from the first; 0 takes all")
        .choice("attack", &RegressionOptions::attack, {"fgsm", "pgd"}, "how the regression is attacked")
        .number("epsilon", &RegressionOptions::epsilon, {0, 1}, "radius of the attack's L-infinity ball")
        .unit("pixel")
        .integer("steps", &RegressionOptions::steps, {1, 1e6}, "gradient steps of 'pgd'")
        .number("relative_step", &RegressionOptions::relative_step, {0, 10, true},
                "its step size as a share of epsilon");
  }
};

}  // namespace
}  // namespace eigensweep::metrics

#ifdef EIGENSWEEP_DECLARATIONS
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eigensweep/models/network_options.hpp"
#include "kernel_memory.hpp"
#include "tangent_refusal.hpp"

namespace eigensweep::metrics {
namespace {

constexpr double most_rows = 22360;  // of the kernel: 4 GB in float64

double fitted_samples(const RegressionOptions& regression, const study::DatasetInfo& dataset) {
  return taken(static_cast<double>(regression.train_samples), dataset.train_samples);
}

// At infinite width the network itself is the regression.
bool is_trained(const Json&, const Json& config) { return !models::network_of(config).is_infinite(); }

double kernel_side(const RegressionOptions& regression, const study::DatasetInfo& dataset) {
  return fitted_samples(regression, dataset) * static_cast<double>(dataset.classes);
}

}  // namespace

study::Kind declare_kernel_regression() {
  study::Kind kind = study::declare<RegressionOptions>(
      study::Family::metric, "kernel_regression",
      "accuracy of regression with the network's own tangent kernel, before and after training",
      "Fort et al. 2020, arXiv:2010.15110; Loo et al. 2022, arXiv:2210.12030");
  kind.subsets = study::typed<RegressionOptions>([](const RegressionOptions& regression) -> std::vector<study::Subset> {
    return {{"train", regression.train_samples, "train_samples"}, {"test", regression.samples, "samples"}};
  });
  kind.columns = {
      {"accuracy_initial",
       {},
       "f64",
       "",
       "test accuracy of regression with the tangent kernel at initialisation",
       is_trained},
      {"accuracy_final", {}, "f64", "", "the same with the tangent kernel after training", is_trained},
      {"robust_accuracy_initial",
       {},
       "f64",
       "",
       "share of attacked test samples that the former gets right",
       is_trained},
      {"robust_accuracy_final", {}, "f64", "", "the same of the latter", is_trained},
  };
  kind.refuse = [](const Json&, const Json& config) { return refuse_tangents(config); };
  kind.refuse_inputs = study::typed<RegressionOptions>([](const RegressionOptions& regression,
                                                          const study::DatasetInfo& dataset) -> std::string {
    const double side = kernel_side(regression, dataset);
    if (side <= most_rows) return "";
    return fmt::format(
        "train_samples {} make a kernel of {} rows, one for each sample and class (at most {} fit); choose at most {}",
        fitted_samples(regression, dataset), side, most_rows,
        std::floor(most_rows / static_cast<double>(dataset.classes)));
  });
  kind.work = study::typed<RegressionOptions>([](const RegressionOptions& regression,
                                                 const study::WorkContext& context) {
    const double side = kernel_side(regression, context.dataset);
    const std::int64_t there = context.dataset.test_samples;
    const auto samples = static_cast<double>(regression.samples == 0 ? there : std::min(regression.samples, there));
    const double steps = regression.attack == "pgd" ? static_cast<double>(regression.steps) : 1.0;
    double units = 0;
    for (const std::int64_t width : context.model.hidden_widths) units += static_cast<double>(width);
    // Two kernels and their factors; a product with the Jacobian is three passes, and its gradient twice as much.
    return 2 * (4 * side * side * units + side * side * side + samples * context.model.forward_flops * (9 * steps + 6));
  });
  kind.bytes =
      study::typed<RegressionOptions>([](const RegressionOptions& regression, const study::WorkContext& context) {
        if (is_infinite(context)) return 0.0;
        constexpr double solver_matrices = 6;
        const double n = fitted_samples(regression, context.dataset), side = kernel_side(regression, context.dataset);
        return 4 * static_cast<double>(context.model.parameters) +
               std::max(tangent_bytes(context, n, /*full=*/true), reuse * 8 * solver_matrices * side * side);
      });
  return kind;
}

}  // namespace eigensweep::metrics
#else
#include <fmt/format.h>

#include "eigensweep/attacks/evaluate.hpp"
#include "eigensweep/attacks/projected_gradient.hpp"
#include "eigensweep/kernels/limit_network.hpp"
#include "eigensweep/kernels/tangent_network.hpp"
#include "eigensweep/metrics/metric.hpp"
#include "regime.hpp"

namespace eigensweep::metrics {
namespace {

class KernelRegression final : public Metric {
 public:
  explicit KernelRegression(RegressionOptions options) : options_(std::move(options)) {}

  std::vector<Measurement> measure(const Subject& subject) override {
    std::vector<Measurement> lanes(static_cast<std::size_t>(subject.model.lanes()));
    // At infinite width the network is this regression, on all samples.
    if (models::network_of(subject.config).is_infinite()) return lanes;
    const auto initial = initial_networks(subject);
    regress(*initial, subject, "_initial", lanes);
    regress(subject.model, subject, "_final", lanes);
    for (models::NamedTensor& named : subject.model.parameters()) named.tensor.requires_grad_(false);
    return lanes;
  }

 private:
  void regress(models::Model& network, const Subject& subject, const std::string& moment,
               std::vector<Measurement>& lanes) const {
    const std::string words = moment == "_initial" ? " with the kernel at initialisation" : " with the trained kernel";
    const Tensor x = data::to_inputs(subject.data.train_images.slice(0, 0, options_.train_samples));
    const Tensor labels = subject.data.train_labels.slice(0, 0, options_.train_samples);
    const std::int64_t classes = subject.data.info.classes;
    // Targets are centred, because the outputs start at 0.
    const Tensor targets = torch::one_hot(labels, classes).to(torch::kFloat64) - 1.0 / static_cast<double>(classes);
    kernels::TangentNetwork regression(network, x, targets);
    const auto found = attacks::evaluate_robustness(*attack(), "test", options_.samples, {0.0, options_.epsilon},
                                                    regression, subject.data, subject.seeds);
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      const std::vector<double> accuracy = found[lane].at("robust_accuracy").values();
      lanes[lane]["accuracy" + moment] = wire::Array::scalar(accuracy[0]);
      lanes[lane]["robust_accuracy" + moment] = wire::Array::scalar(accuracy[1]);
      const std::string& reason =
          regression.failures()[lane].empty() ? found[lane].failure : regression.failures()[lane];
      if (!reason.empty()) lanes[lane].add_failure(fmt::format("regression{}: {}", words, reason));
    }
  }

  [[nodiscard]] std::unique_ptr<attacks::Attack> attack() const {
    attacks::PgdSteps how;
    const bool is_one_step = options_.attack == "fgsm";
    how.steps = is_one_step ? 1 : options_.steps;
    how.relative_step = is_one_step ? 1 : options_.relative_step;
    how.random_start = !is_one_step;
    return attacks::make_projected_gradient(how);
  }

  RegressionOptions options_;
};

}  // namespace

std::unique_ptr<Metric> make_kernel_regression(const Json& options) {
  return std::make_unique<KernelRegression>(study::read<RegressionOptions>(options));
}

}  // namespace eigensweep::metrics
#endif
