// SPDX-License-Identifier: MIT
// Whether a network's own tangent kernel explains what it does: regression with the kernel it started from and with the
// one it ended with, clean and attacked.
#ifdef EIGENSWEEP_DECLARATIONS
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eigensweep/study/kind.hpp"
#include "kernel_memory.hpp"
#include "tangent_refusal.hpp"

namespace eigensweep::metrics {
namespace {

constexpr double most_rows = 22360;  // of the kernel: 4 GB in float64

double fitted_samples(const Json& options, const study::DatasetInfo& dataset) {
  return taken(options.at("train_samples").get<double>(), dataset.train_samples);
}

// At infinite width the network itself is the regression.
bool is_trained(const Json&, const Json& config) { return config.at("model").at("width") != "inf"; }

double kernel_side(const Json& options, const study::DatasetInfo& dataset) {
  return fitted_samples(options, dataset) * static_cast<double>(dataset.classes);
}

}  // namespace

study::Kind declare_kernel_regression() {
  study::Kind kind;
  kind.family = study::Family::metric;
  kind.name = "kernel_regression";
  kind.meaning = "accuracy of regression with the network's own tangent kernel, before and after training";
  kind.source = "Fort et al. 2020, arXiv:2010.15110; Loo et al. 2022, arXiv:2210.12030";
  kind.options = study::Options{}
                     .integer("train_samples", 500, {2, 1e5}, "how many training samples, from the first, are fitted")
                     .integer("samples", 500, {0, 1e7}, "how many test samples, from the first; 0 takes all")
                     .choice("attack", "fgsm", {"fgsm", "pgd"}, "how the regression is attacked")
                     .number("epsilon", 0.05, {0, 1}, "radius of the attack's L-infinity ball")
                     .unit("pixel")
                     .integer("steps", 20, {1, 1e6}, "gradient steps of 'pgd'")
                     .number("relative_step", 0.1, {0, 10, true}, "its step size as a share of epsilon");
  kind.subsets = [](const Json& options) -> std::vector<study::Subset> {
    return {{"train", options.at("train_samples").get<std::int64_t>(), "train_samples"},
            {"test", options.at("samples").get<std::int64_t>(), "samples"}};
  };
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
  kind.refuse_inputs = [](const Json& options, const study::DatasetInfo& dataset) -> std::string {
    const double side = kernel_side(options, dataset);
    if (side <= most_rows) return "";
    return fmt::format(
        "train_samples {} make a kernel of {} rows, one for each sample and class (at most {} fit); choose at most {}",
        fitted_samples(options, dataset), side, most_rows,
        std::floor(most_rows / static_cast<double>(dataset.classes)));
  };
  kind.work = [](const Json& options, const study::WorkContext& context) {
    const double side = kernel_side(options, context.dataset);
    const auto asked = options.at("samples").get<std::int64_t>();
    const auto samples =
        static_cast<double>(asked == 0 ? context.dataset.test_samples : std::min(asked, context.dataset.test_samples));
    const double steps = options.at("attack") == "pgd" ? options.at("steps").get<double>() : 1.0;
    double units = 0;
    for (const std::int64_t width : context.model.hidden_widths) units += static_cast<double>(width);
    // Two kernels and their factors; a product with the Jacobian is three passes, and its gradient twice as much.
    return 2 * (4 * side * side * units + side * side * side + samples * context.model.forward_flops * (9 * steps + 6));
  };
  kind.bytes = [](const Json& options, const study::WorkContext& context) {
    if (is_infinite(context)) return 0.0;
    constexpr double solver_matrices = 6;
    const double n = fitted_samples(options, context.dataset), side = kernel_side(options, context.dataset);
    return 4 * static_cast<double>(context.model.parameters) +
           std::max(tangent_bytes(context, n, /*full=*/true), reuse * 8 * solver_matrices * side * side);
  };
  return kind;
}

}  // namespace eigensweep::metrics
#else
#include <fmt/format.h>

#include "eigensweep/attacks/evaluate.hpp"
#include "eigensweep/kernels/limit_network.hpp"
#include "eigensweep/kernels/tangent_network.hpp"
#include "eigensweep/metrics/metric.hpp"
#include "regime.hpp"

namespace eigensweep::metrics {
namespace {

class KernelRegression final : public Metric {
 public:
  explicit KernelRegression(const Json& options)
      : train_samples_(options.at("train_samples").get<std::int64_t>()),
        epsilon_(options.at("epsilon").get<double>()),
        kind_(options.at("attack").get<std::string>()),
        attack_(options) {
    attack_["random_start"] = true;
    attack_["split"] = "test";
  }

  std::vector<Measurement> measure(const Subject& subject) override {
    std::vector<Measurement> lanes(static_cast<std::size_t>(subject.model.lanes()));
    // At infinite width the network is this regression, on all samples.
    if (kernels::is_infinite(subject.config.at("model"))) return lanes;
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
    const Tensor x = data::to_inputs(subject.data.train_images.slice(0, 0, train_samples_));
    const Tensor labels = subject.data.train_labels.slice(0, 0, train_samples_);
    const std::int64_t classes = subject.data.info.classes;
    // About their mean, as the outputs start at 0.
    const Tensor targets = torch::one_hot(labels, classes).to(torch::kFloat64) - 1.0 / static_cast<double>(classes);
    kernels::TangentNetwork regression(network, x, targets);
    const auto found =
        attacks::evaluate_robustness(kind_, attack_, {0.0, epsilon_}, regression, subject.data, subject.seeds);
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      lanes[lane]["accuracy" + moment] = wire::Array::scalar(found[lane].robust_accuracy[0]);
      lanes[lane]["robust_accuracy" + moment] = wire::Array::scalar(found[lane].robust_accuracy[1]);
      const std::string& reason =
          regression.failures()[lane].empty() ? found[lane].failure : regression.failures()[lane];
      if (!reason.empty()) lanes[lane].add_failure(fmt::format("regression{}: {}", words, reason));
    }
  }

  std::int64_t train_samples_;
  double epsilon_;
  std::string kind_;
  Json attack_;
};

}  // namespace

std::unique_ptr<Metric> make_kernel_regression(const Json& options) {
  return std::make_unique<KernelRegression>(options);
}

}  // namespace eigensweep::metrics
#endif
