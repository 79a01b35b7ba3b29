// SPDX-License-Identifier: MIT
// How far training has left the kernel regime: compares the trained network with its initial one, which is recomputed
// from the seed.
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::metrics {
namespace {

struct RegimeOptions {
  std::string split = "test";
  std::int64_t samples = 256;
  bool keep_grams = false;

  [[nodiscard]] std::int64_t there(const study::DatasetInfo& dataset) const {
    return split == "train" ? dataset.train_samples : dataset.test_samples;
  }

  static study::Fields<RegimeOptions> fields() {
    return study::Fields<RegimeOptions>()
        .choice("split", &RegimeOptions::split, {"train", "test"}, "where the probe samples are taken from")
        .integer("samples", &RegimeOptions::samples, {4, 1e5}, "how many probe samples, from the first")
        .boolean("keep_grams", &RegimeOptions::keep_grams,
                 "keep each hidden layer's Gram matrix of the probe samples: similarities between "
                 "networks of other seeds and widths are taken from it");
  }
};

}  // namespace
}  // namespace eigensweep::metrics

#ifdef EIGENSWEEP_DECLARATIONS
#include <fmt/format.h>

#include "eigensweep/models/network_options.hpp"
#include "eigensweep/study/declare/fit.hpp"
#include "eigensweep/study/declare/training.hpp"
#include "kernel_memory.hpp"
#include "tangent_refusal.hpp"

namespace eigensweep::metrics {
namespace {

double probe_samples(const RegimeOptions& regime, const study::WorkContext& context) {
  return taken(static_cast<double>(regime.samples), regime.there(context.dataset));
}

bool is_finite(const Json&, const Json& config) { return !models::network_of(config).is_infinite(); }

bool has_snapshots(const Json& options, const Json& config) {
  return is_finite(options, config) && study::read<study::Training>(config.at("training")).snapshots != 0;
}

bool keeps_grams(const Json& options, const Json&) { return study::read<RegimeOptions>(options).keep_grams; }

}  // namespace

study::Kind declare_kernel_regime() {
  study::Kind kind = study::declare<RegimeOptions>(
      study::Family::metric, "kernel_regime",
      "how far training moved weights, features and tangent kernel from where they were at initialisation",
      "Chizat, Oyallon, Bach 2019; Fort et al. 2020; Kornblith et al. 2019; Novak et al. 2022");
  kind.subsets = study::typed<RegimeOptions>([](const RegimeOptions& regime) -> std::vector<study::Subset> {
    return {{regime.split, regime.samples, "samples"}};
  });
  kind.columns = {
      {"weight_change",
       {"affine"},
       "f64",
       "",
       "norm(W - W0) / norm(W0) of each affine layer's weights, input layer first",
       is_finite},
      {"parameter_change", {}, "f64", "", "the same of all trained numbers together", is_finite},
      {"feature_change", {"layer"}, "f64", "", "norm(H - H0) / norm(H0) of each hidden layer's activations", is_finite},
      {"gate_flips", {"layer"}, "f64", "", "share of units and samples whose activation changed sign", is_finite},
      {"cka", {"layer"}, "f64", "", "debiased linear CKA between activations before and after training", is_finite},
      {"ntk_drift", {}, "f64", "", "norm(T - T0) / norm(T0) of the tangent kernel, traced over logits", is_finite},
      {"ntk_distance", {}, "f64", "", "1 - <T, T0> / (norm(T) norm(T0))", is_finite},
      {"ntk_alignment_initial",
       {},
       "f64",
       "",
       "centred alignment of the tangent kernel at initialisation with the labels' kernel"},
      {"ntk_alignment", {}, "f64", "", "the same after training"},
      {"ntk_shares_initial",
       {"affine"},
       "f64",
       "",
       "the affine layers' parts of the tangent kernel's trace at initialisation",
       is_finite},
      {"ntk_shares", {"affine"}, "f64", "", "the same after training", is_finite},
      {"ntk_eigenvalues_initial",
       {"eigenvalue"},
       "f64",
       "",
       "eigenvalues of the tangent kernel at initialisation, in descending order"},
      {"ntk_eigenvalues", {"eigenvalue"}, "f64", "", "the same after training"},
      {"ntk_exponent_initial",
       {},
       "f64",
       "",
       "exponent of the power law of these at initialisation, fitted to ranks 11 to 500 as a spectrum's is"},
      {"ntk_exponent", {}, "f64", "", "the same after training"},
      {"ntk_fit_ranks_initial",
       {},
       "i64",
       "",
       "how many ranks there were to be fitted at initialisation; an exponent needs 8"},
      {"ntk_fit_ranks", {}, "i64", "", "the same after training"},
      {"linearisation_gap",
       {},
       "f64",
       "",
       "rms of f - f_lin over rms of f - f0, f_lin linear in the parameters about their start",
       is_finite},
      {"input_jacobian_initial",
       {},
       "f64",
       "",
       "mean over probe samples of the Frobenius norm of d logits / d inputs at initialisation",
       is_finite},
      {"input_jacobian", {}, "f64", "", "the same after training"},
      {"input_jacobian_top_initial", {}, "f64", "", "mean of its largest singular value at initialisation", is_finite},
      {"input_jacobian_top", {}, "f64", "", "the same after training"},
      {"moment_epoch", {"moment"}, "f64", "", "epochs after which the training's snapshots were taken", has_snapshots},
      {"weight_change_history", {"moment", "affine"}, "f64", "", "weight_change at each snapshot", has_snapshots},
      {"feature_change_history", {"moment", "layer"}, "f64", "", "feature_change at each snapshot", has_snapshots},
      {"cka_history", {"moment", "layer"}, "f64", "", "cka at each snapshot", has_snapshots},
      {"ntk_drift_history", {"moment"}, "f64", "", "ntk_drift at each snapshot", has_snapshots},
      {"ntk_distance_history", {"moment"}, "f64", "", "ntk_distance at each snapshot", has_snapshots},
      {"ntk_alignment_history", {"moment"}, "f64", "", "ntk_alignment at each snapshot", has_snapshots},
      {"linearisation_gap_history", {"moment"}, "f64", "", "linearisation_gap at each snapshot", has_snapshots},
      {"hidden_grams",
       {"layer", "sample", "other_sample"},
       "f32",
       "",
       "mean over a hidden layer's units of products of activations, uncentred, after training",
       keeps_grams},
  };
  kind.refuse = [](const Json&, const Json& config) { return refuse_tangents(config); };
  kind.warn = study::typed<RegimeOptions>([](const RegimeOptions& regime, const Json&) -> std::string {
    constexpr int wanted = 10 + study::fewest_fit_ranks;
    if (regime.samples >= wanted) return "";
    return fmt::format(
        "a tangent kernel of {} samples has no exponent: a fit needs {} ranks from 11 on; take {} samples or more",
        regime.samples, study::fewest_fit_ranks, wanted);
  });
  kind.refuse_inputs =
      study::typed<RegimeOptions>([](const RegimeOptions& regime, const study::DatasetInfo& dataset) -> std::string {
        const std::int64_t there = regime.there(dataset);
        if (there >= 4) return "";
        return fmt::format(
            "the {} split has {} samples (the debiased cka of probe samples wants 4); give it more, or "
            "choose the other split",
            regime.split, there);
      });
  kind.work = study::typed<RegimeOptions>([](const RegimeOptions& regime, const study::WorkContext& context) {
    const double n = probe_samples(regime, context);
    const auto classes = static_cast<double>(context.dataset.classes);
    double units = 0;
    for (const std::int64_t width : context.model.hidden_widths) units += static_cast<double>(width);
    // Two networks and each snapshot: a backward pass per logit, float64 products of all samples' slopes, eigenvalues.
    return (2.0 + static_cast<double>(context.snapshots)) *
           (n * (2 * classes + 6) * context.model.forward_flops + 4 * n * n * (classes + 1) * units + 10 * n * n * n);
  });
  kind.bytes = study::typed<RegimeOptions>([](const RegimeOptions& regime, const study::WorkContext& context) {
    const double n = probe_samples(regime, context);
    const double jacobian = input_jacobian_bytes(context, n);
    if (is_infinite(context)) {
      return std::max(limit_gradient_bytes(context, n) + jacobian, limit_gram_bytes(context, n));
    }
    const study::ModelShape& model = context.model;
    const auto layers = static_cast<double>(model.hidden_widths.size());
    // The initial network with its activations at the samples, its kernel, and the Gram matrices that are kept.
    const double kept = 4 * static_cast<double>(model.parameters) + 8 * n * static_cast<double>(model.activations) +
                        8 * n * n + (regime.keep_grams ? 12 * layers * n * n : 0);
    return kept + std::max(tangent_bytes(context, n, /*full=*/false), jacobian);
  });
  return kind;
}

}  // namespace eigensweep::metrics
#else
#include "eigensweep/kernels/limit_network.hpp"
#include "eigensweep/metrics/metric.hpp"
#include "regime.hpp"
#include "similarity.hpp"

namespace eigensweep::metrics {
namespace {

class KernelRegime final : public Metric {
 public:
  explicit KernelRegime(RegimeOptions options) : options_(std::move(options)) {}

  std::vector<Measurement> measure(const Subject& subject) override {
    const data::DeviceDataset::Part part = subject.data.part(options_.split);
    const Tensor images = part.images.slice(0, 0, options_.samples);
    const Tensor labels = part.labels.slice(0, 0, options_.samples);
    Columns columns = models::network_of(subject.config).is_infinite() ? of_limit(subject, images, labels)
                                                                       : of_training(subject, images, labels);
    if (options_.keep_grams) columns["hidden_grams"] = grams(subject.model, images);
    std::vector<Measurement> lanes;
    for (const std::string& lost : lost_activations(subject.model, data::to_inputs(images))) {
      lanes.push_back(lost.empty() ? lane_of(columns, static_cast<std::int64_t>(lanes.size())) : Measurement{});
      lanes.back().failure = lost;
    }
    return lanes;
  }

 private:
  static Columns of_training(const Subject& subject, const Tensor& images, const Tensor& labels) {
    Origin origin(subject, data::to_inputs(images), labels);
    Columns columns = origin.alone();
    columns.merge(origin.against(subject.model));
    if (!subject.snapshots.empty()) columns.merge(history(subject, origin));
    return columns;
  }

  /// The comparison at each snapshot, [E, moment, ...].
  static Columns history(const Subject& subject, Origin& origin) {
    const std::unique_ptr<models::Model> network = initial_networks(subject);
    std::map<std::string, std::vector<Tensor> > moments;
    for (const models::Snapshot& snapshot : subject.snapshots) {
      models::return_to(*network, snapshot);
      const Columns columns = origin.against(*network);
      for (const char* name : {"weight_change", "feature_change", "cka", "ntk_drift", "ntk_distance", "ntk_alignment",
                               "linearisation_gap"}) {
        moments[std::string(name) + "_history"].push_back(columns.at(name));
      }
      moments["moment_epoch"].push_back(torch::tensor(snapshot.epochs, torch::kInt64).to(torch::kFloat64));
    }
    Columns columns;
    for (const auto& [name, values] : moments) columns[name] = torch::stack(values, 1);
    return columns;
  }

  /// At infinite width training moves neither features nor the kernel, and there are no parameters to compare.
  static Columns of_limit(const Subject& subject, const Tensor& images, const Tensor& labels) {
    const auto& limit = dynamic_cast<const kernels::LimitNetwork&>(subject.model);
    const Tensor x = data::to_inputs(images);
    const Tensor ntk = limit.tangent_kernel(x).unsqueeze(0);
    const InputJacobian jacobian = input_jacobian(subject.model, x);
    const Tensor alignment = label_alignment(ntk, labels);
    Columns columns, spectrum;
    add_spectrum(ntk, "", spectrum);
    for (const char* moment : {"_initial", ""}) {
      columns[std::string("ntk_alignment") + moment] = alignment.expand({subject.model.lanes()});
      for (const auto& [name, values] : spectrum) {
        std::vector<std::int64_t> sizes = values.sizes().vec();
        sizes[0] = subject.model.lanes();
        columns[name + moment] = values.expand(sizes);
      }
    }
    columns["input_jacobian"] = jacobian.norm;
    columns["input_jacobian_top"] = jacobian.top;
    return columns;
  }

  /// [E, layer, sample, sample] float32.
  static Tensor grams(models::Model& model, const Tensor& images) {
    const torch::NoGradGuard no_gradients;
    std::vector<Tensor> layers = model.hidden_grams(images);
    for (Tensor& gram : layers) gram = gram.unsqueeze(0).expand({model.lanes(), -1, -1});
    if (layers.empty()) {
      const auto inputs = models::Inputs::shared(data::to_inputs(images), model.lanes());
      for (const Tensor& hidden : model.forward(inputs, models::Mode::evaluate).hidden) {
        const Tensor h = hidden.to(torch::kFloat64);
        layers.push_back(torch::bmm(h.transpose(1, 2), h) / static_cast<double>(h.size(1)));
      }
    }
    return torch::stack(layers, 1).to(torch::kFloat32);
  }

  RegimeOptions options_;
};

}  // namespace

std::unique_ptr<Metric> make_kernel_regime(const Json& options) {
  return std::make_unique<KernelRegime>(study::read<RegimeOptions>(options));
}

}  // namespace eigensweep::metrics
#endif
