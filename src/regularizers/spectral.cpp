// SPDX-License-Identifier: MIT
// Pushes the eigenspectrum of a hidden layer's covariance towards n^-exponent.
#include <algorithm>

#include "eigensweep/study/declare/compute.hpp"

namespace eigensweep::regularizers {
namespace {

struct SpectralOptions {
  enum class Layers { last, all };
  enum class Products { float64, float32 };

  double strength = 1.0;
  double exponent = 1.0;
  std::int64_t cutoff = 10;
  Layers layers = Layers::last;
  Products products = Products::float64;
  std::int64_t basis_samples = 0;
  study::Compute compute = study::Compute::float32;

  static study::Fields<SpectralOptions> fields() {
    study::Fields<SpectralOptions> fields;
    fields
        .number("strength", &SpectralOptions::strength, {0, 1e6},
                "weight of the penalty in the loss; 0 trains without it")
        .per_lane()
        .number("exponent", &SpectralOptions::exponent, {0, 100, true}, "alpha of the wanted spectrum n^-alpha")
        .per_lane()
        .integer("cutoff", &SpectralOptions::cutoff, {0, 1e6},
                 "how many of the largest eigenvalues are left alone; the next one is the anchor")
        .choice("layers", &SpectralOptions::layers, {{"last", Layers::last}, {"all", Layers::all}},
                "which hidden layers are penalised")
        .choice("products", &SpectralOptions::products,
                {{"float64", Products::float64}, {"float32", Products::float32}},
                "in what the products of each epoch's covariance are taken (float32 costs half); sums and "
                "eigenvectors are float64")
        .integer("basis_samples", &SpectralOptions::basis_samples, {0, 1e9},
                 "how many training samples each epoch's eigenvectors are taken over, drawn once for all networks; 0 "
                 "takes all");
    return study::add_compute(fields, &SpectralOptions::compute, "each step's products with the eigenvectors");
  }

  /// How many of so many training samples the eigenvectors are taken over.
  [[nodiscard]] std::int64_t basis_of(std::int64_t train) const {
    return basis_samples == 0 ? train : std::min(basis_samples, train);
  }
};

}  // namespace
}  // namespace eigensweep::regularizers

#ifdef EIGENSWEEP_DECLARATIONS
#include <fmt/format.h>

#include "eigensweep/study/declare/passes.hpp"
#include "eigensweep/study/declare/sections.hpp"

namespace eigensweep::regularizers {
namespace {

std::vector<std::int64_t> penalised_widths(const SpectralOptions& spectral, const study::ModelShape& shape) {
  if (spectral.layers == SpectralOptions::Layers::all) return shape.hidden_widths;
  return {shape.hidden_widths.back()};
}

}  // namespace

study::Kind declare_spectral() {
  study::Kind kind = study::declare<SpectralOptions>(
      study::Family::regularizer, "spectral",
      "pushes the eigenspectrum of the hidden layers' covariance towards a power law n^-exponent",
      "Nassar, Sokol, Chung, Harris, Park, NeurIPS 2020, arXiv:2012.04729");
  kind.off_when_zero = "strength";
  kind.refuse_samples = [](const Json&, const study::SampleCounts& samples) {
    return study::refuse_single_samples(samples, samples.smallest_step, "the penalty");
  };
  kind.refuse_network = study::typed<SpectralOptions>([](const SpectralOptions& spectral,
                                                         const study::ModelShape& shape,
                                                         const study::SampleCounts& samples) -> std::string {
    if (shape.hidden_widths.empty()) return "a network of infinite width has no layer to penalise; exclude this cell";
    const std::int64_t cutoff = spectral.cutoff;
    for (const std::int64_t width : penalised_widths(spectral, shape)) {
      // If there are fewer samples than units, the centred samples span one direction less than their number.
      const std::int64_t basis = spectral.basis_of(samples.train);
      const std::int64_t directions = basis < width ? basis - 1 : width;
      if (cutoff + 1 >= directions) {
        const char* const which = basis < samples.train ? "basis_samples" : "training samples";
        const bool lacks_samples = directions < width;
        return fmt::format(
            "cutoff {} leaves no eigenvalue to penalise in a layer of width {}{}; {}", cutoff, width,
            lacks_samples ? fmt::format(" with {} {}", basis, which) : "",
            lacks_samples && directions < 2 ? "take more" : fmt::format("choose a cutoff below {}", directions - 1));
      }
    }
    return "";
  });
  kind.warn = study::typed<SpectralOptions>([](const SpectralOptions& spectral, const Json& config) -> std::string {
    if (spectral.layers != SpectralOptions::Layers::all || config.at("model").at("kind") != "rnn") return "";
    return "layers 'all' of an rnn penalises its state after the first rows, too; where these rows are the same in all "
           "images, as the blank ones of MNIST, the state hardly varies, and rounding decides its part of the penalty; "
           "choose layers 'last'";
  });
  kind.warn_network = study::typed<SpectralOptions>([](const SpectralOptions& spectral, const study::ModelShape& shape,
                                                       const study::SampleCounts& samples) -> std::string {
    const auto widths = penalised_widths(spectral, shape);
    const std::int64_t widest = *std::max_element(widths.begin(), widths.end());
    if (samples.step > widest) return "";
    return fmt::format(
        "a batch of {} is not larger than the layer's width {}, so the tail of its spectrum is noise; the method wants "
        "at least 1.25 times the width",
        samples.step, widest);
  });
  kind.work = study::typed<SpectralOptions>([](const SpectralOptions& spectral, const study::WorkContext& context) {
    double flops = 0;
    for (const std::int64_t width : penalised_widths(spectral, context.model)) {
      const auto n = static_cast<double>(width);
      // Z = V^T Hc and its gradient, each step; half a covariance (float64 counts twice) and eigenvectors (about 25
      // N^3), each epoch.
      const double step = 4.0 * static_cast<double>(context.batch_size) * n * n;
      const auto train = static_cast<double>(spectral.basis_of(context.dataset.train_samples));
      const double side = std::min(n, train);  // of the matrix that is decomposed
      const double precision = spectral.products == SpectralOptions::Products::float64 ? 2.0 : 1.0;
      const double epoch = 1.2 * precision * std::max(n, train) * side * side + 25.0 * side * side * side +
                           train * context.model.forward_flops;
      flops += static_cast<double>(context.epochs) * (step * static_cast<double>(context.steps_per_epoch) + epoch);
    }
    return flops;
  });
  kind.bytes = study::typed<SpectralOptions>([](const SpectralOptions& spectral, const study::WorkContext& context) {
    double bytes = 0;  // of the eigenvectors
    for (const std::int64_t width : penalised_widths(spectral, context.model)) {
      bytes += 4 * static_cast<double>(width * std::min(width, spectral.basis_of(context.dataset.train_samples)));
    }
    return bytes;
  });
  kind.step_bytes =
      study::typed<SpectralOptions>([](const SpectralOptions& spectral, const study::WorkContext& context) {
        const auto widths = penalised_widths(spectral, context.model);
        std::int64_t numbers = 0;  // the gradients of all penalised layers but the last
        for (std::size_t layer = 0; layer + 1 < widths.size(); ++layer) numbers += widths[layer];
        // The last one's gradient and projection take the place of what the backward pass holds later.
        return 4 * static_cast<double>(context.batch_size) * static_cast<double>(numbers);
      });
  kind.pass = study::typed<SpectralOptions>([](const SpectralOptions& spectral, const study::WorkContext& context) {
    const auto samples = static_cast<double>(spectral.basis_of(context.dataset.train_samples));
    return study::spectrum_pass(context, samples, penalised_widths(spectral, context.model));
  });
  return kind;
}

}  // namespace eigensweep::regularizers

#else
#include "eigensweep/core/random.hpp"
#include "eigensweep/models/numerics/compute.hpp"
#include "eigensweep/models/spectra.hpp"
#include "eigensweep/regularizers/regularizer.hpp"
#include "eigensweep/regularizers/spectral_penalty.hpp"

namespace eigensweep::regularizers {
namespace {

class Spectral final : public Regularizer {
 public:
  explicit Spectral(std::vector<SpectralOptions> lanes)
      : lanes_(std::move(lanes)),
        cutoff_(lanes_.front().cutoff),
        all_layers_(lanes_.front().layers == SpectralOptions::Layers::all),
        products_(lanes_.front().products == SpectralOptions::Products::float64 ? models::Products::float64
                                                                                : models::Products::float32) {}

  // The basis is the eigenvectors of the covariance over the training set, or basis_samples of it, in evaluation mode;
  // it is held fixed during the epoch.
  std::vector<Casualty> begin_epoch(models::Model& model, const data::DeviceDataset& data,
                                    const std::vector<bool>& alive) override {
    std::vector<Casualty> casualties;
    std::vector<std::size_t> layers;  // empty: all
    if (!all_layers_) layers.push_back(model.hidden_layers() - 1);
    const std::vector<models::Eigensystem> systems =
        models::hidden_spectra(model, images_of(data), models::Wanted::values_and_vectors, layers, products_);
    bases_.clear();
    for (const models::Eigensystem& system : systems) {
      for (std::size_t lane = 0; lane < alive.size(); ++lane) {
        if (alive[lane] && !system.failures[lane].empty()) {
          casualties.push_back({static_cast<std::int64_t>(lane), system.failures[lane]});
        }
      }
      const Tensor basis = system.vectors.to(model.parameters().front().tensor.scalar_type()).contiguous();
      bases_.push_back(models::often_multiplied(basis, lanes_.front().compute));
    }
    return casualties;
  }

  [[nodiscard]] std::string remark() const override {
    std::string remark;
    for (const Tensor& basis : bases_) {
      const std::int64_t width = basis.size(1), directions = basis.size(2);
      if (directions == width) continue;
      remark += fmt::format(
          "{}a layer of {} units has only {} {}, so its eigenvectors come from the samples' Gram matrix (dual form)",
          remark.empty() ? "" : "; ", width, directions + 1, images_.defined() ? "basis_samples" : "training samples");
    }
    return remark;
  }

  [[nodiscard]] bool has_derivatives() const override { return true; }
  [[nodiscard]] bool repeats() const override { return true; }

  Penalty penalty(const Moment& moment) override {
    const models::ComputeScope compute(lanes_.front().compute);
    const models::Output& output = moment.output;
    if (terms_.empty()) {
      const Tensor strength = per_lane(lanes_, &SpectralOptions::strength, output.logits);
      const Tensor exponent = per_lane(lanes_, &SpectralOptions::exponent, output.logits);
      terms_.assign(bases_.size(), SpectralPenalty(exponent, strength, cutoff_));
    }
    const std::size_t first = output.hidden.size() - bases_.size();
    Penalty penalty{{}, std::vector<Tensor>(output.hidden.size())};
    for (std::size_t layer = first; layer < output.hidden.size(); ++layer) {
      auto [value, gradient] = terms_[layer - first](output.hidden[layer].detach(), bases_[layer - first]);
      penalty.hidden[layer] = std::move(gradient);
      penalty.value = penalty.value.defined() ? penalty.value + value : value;
    }
    return penalty;
  }

  std::vector<models::NamedTensor> state() override {
    std::vector<models::NamedTensor> tensors;
    for (std::size_t layer = 0; layer < bases_.size(); ++layer) {
      tensors.push_back({fmt::format("basis.{}", layer), bases_[layer]});
    }
    return tensors;
  }

  void make_room(models::Model& model, const data::DeviceDataset& data) override {
    const torch::NoGradGuard no_gradients;
    const Tensor one = data::to_inputs(data.train_images.narrow(0, 0, 1));
    const models::Output output = model.forward(models::Inputs::shared(one, model.lanes()), models::Mode::evaluate);
    const std::int64_t samples = images_of(data).size(0);
    bases_.clear();
    for (std::size_t layer = all_layers_ ? 0 : output.hidden.size() - 1; layer < output.hidden.size(); ++layer) {
      const std::int64_t width = output.hidden[layer].size(1);
      const std::int64_t directions = samples < width ? samples - 1 : width;
      const Tensor room = torch::zeros({model.lanes(), width, directions},
                                       model.parameters().front().tensor.options().requires_grad(false));
      bases_.push_back(models::often_multiplied(room, lanes_.front().compute));
    }
  }

 private:
  /// What the eigenvectors are taken over. The first samples would be those of few classes where a file is sorted.
  const Tensor& images_of(const data::DeviceDataset& data) {
    const std::int64_t train = data.train_images.size(0), wanted = lanes_.front().basis_of(train);
    if (wanted == train) return data.train_images;
    if (!images_.defined()) {
      const random::Key same_for_all{0, random::Purpose::basis, 0, 0};
      std::vector<std::int64_t> drawn = random::permutation(same_for_all, static_cast<std::uint32_t>(train));
      drawn.resize(static_cast<std::size_t>(wanted));
      std::sort(drawn.begin(), drawn.end());
      images_ = data.train_images.index_select(0, torch::tensor(drawn).to(data.train_images.device()));
    }
    return images_;
  }

  std::vector<SpectralOptions> lanes_;
  std::int64_t cutoff_;
  bool all_layers_;
  models::Products products_;
  Tensor images_;                       // basis_samples of the training set, if that is not all
  std::vector<SpectralPenalty> terms_;  // one per penalised layer
  std::vector<Tensor> bases_;  // per penalised layer: [E, N, R] in the network's precision, eigenvectors in columns
};

}  // namespace

std::unique_ptr<Regularizer> make_spectral(const std::vector<Json>& options, const std::vector<std::uint64_t>&) {
  return std::make_unique<Spectral>(study::read_lanes<SpectralOptions>(options));
}

}  // namespace eigensweep::regularizers
#endif
