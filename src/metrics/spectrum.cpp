// SPDX-License-Identifier: MIT
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::metrics {
namespace {

struct SpectrumOptions {
  enum class Network { trained, initial };

  std::string split = "train";
  std::int64_t samples = 0;
  Network network = Network::trained;
  std::int64_t fit_first = 11;
  std::int64_t fit_last = 500;

  [[nodiscard]] bool is_on_train() const { return split == "train"; }

  static study::Fields<SpectrumOptions> fields() {
    return study::Fields<SpectrumOptions>()
        .choice("split", &SpectrumOptions::split, {"train", "test"}, "which samples the covariance is taken over")
        .integer("samples", &SpectrumOptions::samples, {0, 1e8}, "how many samples, from the first; 0 takes all")
        .choice("network", &SpectrumOptions::network, {{"trained", Network::trained}, {"initial", Network::initial}},
                "the network after training, or before its first step")
        .integer("fit_first", &SpectrumOptions::fit_first, {1, 1e6}, "first rank n of the exponent's fit")
        .integer("fit_last", &SpectrumOptions::fit_last, {2, 1e6},
                 "last rank n of the fit, or the layer's width if that is smaller");
  }
};

}  // namespace
}  // namespace eigensweep::metrics

#ifdef EIGENSWEEP_DECLARATIONS
#include <fmt/format.h>

#include <algorithm>

#include "eigensweep/models/network_options.hpp"
#include "eigensweep/study/declare/fit.hpp"
#include "eigensweep/study/declare/passes.hpp"
#include "kernel_memory.hpp"

namespace eigensweep::metrics {
namespace {

double spectrum_samples(const SpectrumOptions& spectrum, const study::WorkContext& context) {
  const auto all = spectrum.is_on_train() ? context.dataset.train_samples : context.dataset.test_samples;
  return spectrum.samples == 0 ? static_cast<double>(all) : taken(static_cast<double>(spectrum.samples), all);
}

}  // namespace

study::Kind declare_spectrum() {
  study::Kind kind = study::declare<SpectrumOptions>(
      study::Family::metric, "spectrum",
      "covariance eigenspectrum of every hidden layer, in float64, and its power-law exponent",
      "Stringer et al. 2019, doi:10.1038/s41586-019-1346-5");
  kind.subsets = study::typed<SpectrumOptions>([](const SpectrumOptions& spectrum) -> std::vector<study::Subset> {
    return {{spectrum.split, spectrum.samples, "samples"}};
  });
  kind.columns = {
      {"eigenvalues", {"layer", "eigenvalue"}, "f64", "", "eigenvalues of the covariance, in descending order"},
      {"exponent",
       {"layer"},
       "f64",
       "",
       "alpha of the fit n^-alpha: least squares in log-log with weights 1/n; NaN from fewer than 8 ranks"},
      {"r_squared", {"layer"}, "f64", "", "squared correlation of the fit in log-log, over 100 log-spaced ranks"},
      {"fit_first", {"layer"}, "i64", "", "first rank of the fit"},
      {"fit_last", {"layer"}, "i64", "", "last rank of the fit"},
      {"fit_ranks", {"layer"}, "i64", "", "how many ranks there were to be fitted"},
      {"dual",
       {"layer"},
       "i64",
       "",
       "1 if taken from the samples' Gram matrix (fewer samples than units), 0 if from the covariance"},
      {"participation_ratio", {"layer"}, "f64", "", "(sum of eigenvalues)^2 / sum of squares"},
      {"effective_rank", {"layer"}, "f64", "", "exponential of the entropy of the normalised eigenvalues"},
  };
  kind.refuse = study::typed<SpectrumOptions>([](const SpectrumOptions& spectrum, const Json& config) -> std::string {
    if (spectrum.fit_first >= spectrum.fit_last) {
      return fmt::format("fit_first {} is not below fit_last {}; a slope needs two ranks", spectrum.fit_first,
                         spectrum.fit_last);
    }
    if (spectrum.network == SpectrumOptions::Network::trained || !models::network_of(config).reads_samples()) return "";
    return "network 'initial' is not defined with batch_norm or whiten, whose statistics come with training; choose "
           "'trained'";
  });
  kind.warn_network = study::typed<SpectrumOptions>([](const SpectrumOptions& spectrum, const study::ModelShape& shape,
                                                       const study::SampleCounts& samples) -> std::string {
    const std::int64_t first = spectrum.fit_first;
    const std::int64_t wanted = first + study::fewest_fit_ranks - 1;
    if (spectrum.fit_last < wanted) {
      return fmt::format(
          "ranks {} to {} are fewer than the {} that a fit needs: no layer gets an exponent; raise fit_last", first,
          spectrum.fit_last, study::fewest_fit_ranks);
    }
    const bool knows_samples = spectrum.samples > 0 || spectrum.is_on_train();
    const std::int64_t taken = spectrum.samples > 0 ? spectrum.samples : samples.train;
    if (knows_samples && taken <= wanted) {
      return fmt::format(
          "the covariance of {} samples has fewer than the {} ranks from {} on that a fit needs: no layer gets an "
          "exponent; take more than {} samples, or lower fit_first",
          taken, study::fewest_fit_ranks, first, wanted);
    }
    const auto& widths = shape.hidden_widths;
    if (std::all_of(widths.begin(), widths.end(), [&](std::int64_t width) { return width >= wanted; })) return "";
    return fmt::format(
        "layers of fewer than {} units get no exponent: a fit needs {} ranks from {} on; lower fit_first, or take "
        "wider layers",
        wanted, study::fewest_fit_ranks, first);
  });
  kind.refuse_inputs = study::typed<SpectrumOptions>(
      [](const SpectrumOptions& spectrum, const study::DatasetInfo& dataset) -> std::string {
        const auto there = spectrum.is_on_train() ? dataset.train_samples : dataset.test_samples;
        if (there > 1 && spectrum.samples != 1) return "";
        return "a covariance over 1 sample is 0; give it more samples";
      });
  kind.work = study::typed<SpectrumOptions>([](const SpectrumOptions& spectrum, const study::WorkContext& context) {
    const double samples = spectrum_samples(spectrum, context);
    double flops = samples * context.model.forward_flops;
    for (const std::int64_t width : context.model.hidden_widths) {
      const double n = std::max(static_cast<double>(width), samples);
      const double side = std::min(static_cast<double>(width), samples);  // of the matrix that is decomposed
      // float64 counts twice; eigenvalues alone take 4/3 N^3 and more
      flops += 4.0 * n * side * side + 10.0 * side * side * side;
    }
    return flops;
  });
  kind.bytes = study::typed<SpectrumOptions>([](const SpectrumOptions& spectrum, const study::WorkContext& context) {
    return is_infinite(context) ? limit_gram_bytes(context, spectrum_samples(spectrum, context)) : 0.0;
  });
  kind.pass = study::typed<SpectrumOptions>([](const SpectrumOptions& spectrum, const study::WorkContext& context) {
    if (is_infinite(context)) return study::ChunkedPass{};
    return study::spectrum_pass(context, spectrum_samples(spectrum, context), context.model.hidden_widths);
  });
  return kind;
}

}  // namespace eigensweep::metrics
#else
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "eigensweep/kernels/limit_network.hpp"
#include "eigensweep/metrics/metric.hpp"
#include "eigensweep/models/spectra.hpp"
#include "power_law.hpp"
#include "regime.hpp"

namespace eigensweep::metrics {
namespace {

constexpr std::size_t most_reasons = 3;  // keeps a deep network's message readable

class Spectrum final : public Metric {
 public:
  explicit Spectrum(SpectrumOptions options) : options_(std::move(options)) {}

  std::vector<Measurement> measure(const Subject& subject) override {
    const torch::Tensor& all = options_.is_on_train() ? subject.data.train_images : subject.data.test_images;
    const torch::Tensor images = options_.samples == 0 ? all : all.slice(0, 0, std::min(options_.samples, all.size(0)));
    // At infinite width training moves no hidden layer.
    const bool is_initial = options_.network == SpectrumOptions::Network::initial;
    const bool remade = is_initial && !models::network_of(subject.config).is_infinite();
    const std::unique_ptr<models::Model> initial = remade ? initial_networks(subject) : nullptr;
    models::Model& model = initial ? *initial : subject.model;
    std::vector<models::Eigensystem> layers;
    for (models::Eigensystem& system : models::hidden_spectra(model, images, models::Wanted::values)) {
      layers.push_back(std::move(system));
      layers.back().values = layers.back().values.cpu().contiguous();
    }
    std::vector<Measurement> lanes;
    for (std::int64_t lane = 0; lane < subject.model.lanes(); ++lane) {
      lanes.push_back(measure_lane(layers, lane));
      for (std::size_t layer = 0; layer < layers.size(); ++layer) {
        const std::string& reason = layers[layer].failures[static_cast<std::size_t>(lane)];
        if (!reason.empty()) lanes.back().add_failure(fmt::format("layer {}: {}", layer + 1, reason));
      }
    }
    return lanes;
  }

 private:
  [[nodiscard]] Measurement measure_lane(const std::vector<models::Eigensystem>& layers, std::int64_t lane) const {
    std::int64_t widest = 0;
    for (const models::Eigensystem& layer : layers) widest = std::max(widest, layer.values.size(1));
    std::vector<double> eigenvalues;
    std::vector<double> exponent;
    std::vector<double> r_squared;
    std::vector<double> participation;
    std::vector<double> rank;
    std::vector<std::int64_t> first;
    std::vector<std::int64_t> last;
    std::vector<std::int64_t> ranks;
    std::vector<std::string> reasons;  // why layers have no exponent
    std::vector<std::int64_t> dual;
    for (const models::Eigensystem& layer : layers) {
      const std::int64_t width = layer.values.size(1);
      const std::span values(layer.values.data_ptr<double>() + lane * width, static_cast<std::size_t>(width));
      const PowerLaw fit = fit_power_law(values, options_.fit_first, options_.fit_last);
      exponent.push_back(fit.exponent);
      r_squared.push_back(fit.r_squared);
      first.push_back(fit.first);
      last.push_back(fit.last);
      ranks.push_back(fit.ranks);
      const bool is_measured = layer.failures[static_cast<std::size_t>(lane)].empty();
      const std::string reason = why_no_exponent(fit, fmt::format("layer {}", ranks.size()));
      if (is_measured && !reason.empty()) reasons.push_back(reason);
      dual.push_back(layer.form == models::Form::dual ? 1 : 0);
      participation.push_back(participation_ratio(values));
      rank.push_back(effective_rank(values));
      eigenvalues.insert(eigenvalues.end(), values.begin(), values.end());
      eigenvalues.insert(eigenvalues.end(), static_cast<std::size_t>(widest - width), nan);
    }
    Measurement measured{
        {"eigenvalues", wire::Array::of(eigenvalues, {static_cast<std::int64_t>(layers.size()), widest})},
        {"exponent", wire::Array::of(exponent)},
        {"r_squared", wire::Array::of(r_squared)},
        {"fit_first", wire::Array::integers(first)},
        {"fit_last", wire::Array::integers(last)},
        {"fit_ranks", wire::Array::integers(ranks)},
        {"dual", wire::Array::integers(dual)},
        {"participation_ratio", wire::Array::of(participation)},
        {"effective_rank", wire::Array::of(rank)}};
    for (std::size_t i = 0; i < std::min(reasons.size(), most_reasons); ++i) measured.add_remark(reasons[i]);
    if (reasons.size() > most_reasons) {
      measured.add_remark(fmt::format("{} more layers have no exponent either", reasons.size() - most_reasons));
    }
    return measured;
  }

  SpectrumOptions options_;
};

}  // namespace

std::unique_ptr<Metric> make_spectrum(const Json& options) {
  return std::make_unique<Spectrum>(study::read<SpectrumOptions>(options));
}

}  // namespace eigensweep::metrics
#endif
