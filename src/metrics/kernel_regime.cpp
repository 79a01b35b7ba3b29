// SPDX-License-Identifier: MIT
// How far training has left the kernel regime: the trained network against itself at initialisation, which its seed
// makes anew.
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/kind.hpp"

namespace eigensweep::metrics {

study::Kind declare_kernel_regime() {
  study::Kind kind;
  kind.family = study::Family::metric;
  kind.name = "kernel_regime";
  kind.meaning = "how far training moved weights, features and tangent kernel from where they were at initialisation";
  kind.source = "Chizat, Oyallon, Bach 2019; Fort et al. 2020; Kornblith et al. 2019; Novak et al. 2022";
  kind.options = study::Options{}
                     .choice("split", "test", {"train", "test"}, "where the probe samples are taken from")
                     .integer("samples", 256, {4, 1e5}, "how many probe samples, from the first");
  kind.columns = {
      {"weight_change",
       {"affine"},
       "f64",
       "",
       "norm(W - W0) / norm(W0) of each affine layer's weights, input layer first"},
      {"parameter_change", {}, "f64", "", "the same of all trained numbers together"},
      {"feature_change", {"layer"}, "f64", "", "norm(H - H0) / norm(H0) of each hidden layer's activations"},
      {"gate_flips", {"layer"}, "f64", "", "share of units and samples whose activation changed sign"},
      {"cka", {"layer"}, "f64", "", "debiased linear CKA between activations before and after training"},
      {"ntk_drift", {}, "f64", "", "norm(T - T0) / norm(T0) of the tangent kernel, traced over logits"},
      {"ntk_distance", {}, "f64", "", "1 - <T, T0> / (norm(T) norm(T0))"},
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
       "the affine layers' parts of the tangent kernel's trace at initialisation"},
      {"ntk_shares", {"affine"}, "f64", "", "the same after training"},
      {"ntk_eigenvalues_initial",
       {"eigenvalue"},
       "f64",
       "",
       "eigenvalues of the tangent kernel at initialisation, in descending order"},
      {"ntk_eigenvalues", {"eigenvalue"}, "f64", "", "the same after training"},
      {"linearisation_gap",
       {},
       "f64",
       "",
       "rms of f - f_lin over rms of f - f0, f_lin linear in the parameters about their start"},
  };
  kind.refuse = [](const Json&, const Json& config) -> std::string {
    const Json& model = config.at("model");
    if (model.at("kind") != "mlp") {
      return "tangent kernels are there for the model 'mlp' only; leave out this metric, or choose that model";
    }
    if (model.at("batch_norm").get<bool>() || model.at("whiten").get<int>() > 0) {
      return "tangent kernels want affine layers only, without batch_norm and whiten; leave out this metric or those";
    }
    return "";
  };
  kind.work = [](const Json& options, const study::WorkContext& context) {
    const auto n = std::min(options.at("samples").get<double>(), static_cast<double>(context.dataset.train_samples));
    const auto classes = static_cast<double>(context.dataset.classes);
    double units = 0;
    for (const std::int64_t width : context.model.hidden_widths) units += static_cast<double>(width);
    // Two networks: a backward pass per logit, float64 products of all samples' slopes, eigenvalues.
    return 2 *
           (n * (2 * classes + 6) * context.model.forward_flops + 4 * n * n * (classes + 1) * units + 10 * n * n * n);
  };
  return kind;
}

}  // namespace eigensweep::metrics
#else
#include "eigensweep/core/error.hpp"
#include "eigensweep/kernels/empirical.hpp"
#include "eigensweep/kernels/limit_network.hpp"
#include "eigensweep/metrics/metric.hpp"
#include "similarity.hpp"

namespace eigensweep::metrics {
namespace {

using torch::Tensor;

/// Of tensors [E, ...]: Frobenius norm of each lane in float64, [E].
Tensor norms(const Tensor& tensor) { return torch::linalg_vector_norm(tensor.to(torch::kFloat64).flatten(1), 2, 1); }

Tensor relative_change(const Tensor& now, const Tensor& before) {
  return norms(now.to(torch::kFloat64) - before.to(torch::kFloat64)) / norms(before);
}

Tensor eigenvalues(const Tensor& kernels) {
  const Tensor finite = kernels.isfinite().flatten(1).all(1).view({-1, 1, 1});
  const Tensor values = torch::linalg_eigvalsh(torch::where(finite, kernels, torch::zeros_like(kernels))).flip(1);
  return torch::where(finite.squeeze(2), values, std::numeric_limits<double>::quiet_NaN());
}

class KernelRegime final : public Metric {
 public:
  explicit KernelRegime(const Json& options)
      : split_(options.at("split").get<std::string>()), samples_(options.at("samples").get<std::int64_t>()) {}

  std::vector<Measurement> measure(const Subject& subject) override {
    models::Model& model = subject.model;
    // Infinite width is the regime itself: there is nothing to measure its distance by.
    if (kernels::is_infinite(subject.config.at("model"))) {
      return std::vector<Measurement>(static_cast<std::size_t>(model.lanes()));
    }
    EIGENSWEEP_EXPECT(subject.seeds.size() == static_cast<std::size_t>(model.lanes()));
    const data::DeviceDataset::Part part = subject.data.part(split_);
    const Tensor x = data::to_inputs(part.images.slice(0, 0, samples_));
    const Tensor labels = part.labels.slice(0, 0, samples_);
    const auto initial = models::make_model(subject.config.at("model"), subject.data.info, subject.seeds, x.device());
    initial->fit_inputs(subject.data.train_images);

    std::map<std::string, Tensor> columns;  // [E, ...]
    weights(model, *initial, columns);
    features(model, *initial, x, columns);
    tangents(model, *initial, x, labels, columns);
    std::vector<Measurement> lanes(static_cast<std::size_t>(model.lanes()));
    for (const auto& [name, values] : columns) {
      const Tensor exact = values.to(torch::kCPU, torch::kFloat64).contiguous();
      for (std::int64_t lane = 0; lane < exact.size(0); ++lane) {
        const Tensor row = exact[lane];
        const std::vector<double> numbers(row.data_ptr<double>(), row.data_ptr<double>() + row.numel());
        lanes[static_cast<std::size_t>(lane)][name] =
            row.dim() == 0 ? wire::Array::scalar(numbers.front()) : wire::Array::of(numbers);
      }
    }
    return lanes;
  }

 private:
  static void weights(models::Model& model, models::Model& initial, std::map<std::string, Tensor>& columns) {
    std::vector<Tensor> changes;
    Tensor moved, whole;
    for (std::size_t i = 0; i < model.parameters().size(); ++i) {
      const Tensor now = model.parameters()[i].tensor.detach(), before = initial.parameters()[i].tensor.detach();
      if (model.parameters()[i].name.ends_with(".weight")) changes.push_back(relative_change(now, before));
      const Tensor change = norms(now - before).square(), size = norms(before).square();
      moved = moved.defined() ? moved + change : change;
      whole = whole.defined() ? whole + size : size;
    }
    columns["weight_change"] = torch::stack(changes, 1);
    columns["parameter_change"] = (moved / whole).sqrt();
  }

  static void features(models::Model& model, models::Model& initial, const Tensor& x,
                       std::map<std::string, Tensor>& columns) {
    const torch::NoGradGuard no_gradients;
    const auto inputs = models::Inputs::shared(x, model.lanes());
    const auto now = model.forward(inputs, models::Mode::evaluate).hidden;
    const auto before = initial.forward(inputs, models::Mode::evaluate).hidden;
    std::vector<Tensor> changes, flips, similarities;
    for (std::size_t layer = 0; layer < now.size(); ++layer) {
      changes.push_back(relative_change(now[layer], before[layer]));
      flips.push_back((now[layer] > 0).ne(before[layer] > 0).to(torch::kFloat64).mean({1, 2}));
      similarities.push_back(debiased_cka(now[layer], before[layer]));
    }
    columns["feature_change"] = torch::stack(changes, 1);
    columns["gate_flips"] = torch::stack(flips, 1);
    columns["cka"] = torch::stack(similarities, 1);
  }

  static void tangents(models::Model& model, models::Model& initial, const Tensor& x, const Tensor& labels,
                       std::map<std::string, Tensor>& columns) {
    const kernels::EmpiricalNtk now = kernels::empirical_ntk(model, x);
    const kernels::EmpiricalNtk before = kernels::empirical_ntk(initial, x);
    columns["ntk_drift"] = relative_change(now.traced, before.traced);
    columns["ntk_distance"] = 1 - (now.traced * before.traced).sum({1, 2}) / (norms(now.traced) * norms(before.traced));
    columns["ntk_alignment_initial"] = label_alignment(before.traced, labels);
    columns["ntk_alignment"] = label_alignment(now.traced, labels);
    columns["ntk_shares_initial"] = before.shares;
    columns["ntk_shares"] = now.shares;
    columns["ntk_eigenvalues_initial"] = eigenvalues(before.traced);
    columns["ntk_eigenvalues"] = eigenvalues(now.traced);

    std::vector<Tensor> direction;
    for (std::size_t i = 0; i < model.parameters().size(); ++i) {
      direction.push_back((model.parameters()[i].tensor - initial.parameters()[i].tensor).detach());
    }
    const Tensor linear = kernels::jacobian_product(initial, models::Inputs::shared(x, initial.lanes()), direction);
    const torch::NoGradGuard no_gradients;
    const auto inputs = models::Inputs::shared(x, model.lanes());
    const Tensor change =
        model.forward(inputs, models::Mode::evaluate).logits - initial.forward(inputs, models::Mode::evaluate).logits;
    columns["linearisation_gap"] = norms(change - linear) / norms(change);
    for (models::NamedTensor& named : model.parameters()) named.tensor.requires_grad_(false);
  }

  std::string split_;
  std::int64_t samples_;
};

}  // namespace

std::unique_ptr<Metric> make_kernel_regime(const Json& options) { return std::make_unique<KernelRegime>(options); }

}  // namespace eigensweep::metrics
#endif
