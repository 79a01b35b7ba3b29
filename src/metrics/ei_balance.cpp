// SPDX-License-Identifier: MIT
// Whether excitation and inhibition of units cancel, and whether every synapse keeps the sign of its unit.
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::metrics {
namespace {

struct EiBalanceOptions {
  std::string split = "test";
  std::int64_t samples = 1000;

  static study::Fields<EiBalanceOptions> fields() {
    return study::Fields<EiBalanceOptions>()
        .choice("split", &EiBalanceOptions::split, {"train", "test"}, "which samples the balance is a mean over")
        .integer("samples", &EiBalanceOptions::samples, {0, 1e8}, "how many samples, from the first; 0 takes all");
  }
};

}  // namespace
}  // namespace eigensweep::metrics

#ifdef EIGENSWEEP_DECLARATIONS
#include <algorithm>

#include "eigensweep/models/layer_type.hpp"
#include "kernel_memory.hpp"

namespace eigensweep::metrics {
namespace {

bool has_synapses(const Json& /*options*/, const Json& config) { return models::has_dense_layers(config); }

bool has_signed_weights(const Json& /*options*/, const Json& config) {
  return models::has_dense_layers(config) && models::keeps_signs(models::network_of(config));
}

double balance_samples(const EiBalanceOptions& balance, const study::WorkContext& context) {
  const auto all = balance.split == "train" ? context.dataset.train_samples : context.dataset.test_samples;
  return static_cast<double>(balance.samples == 0 ? all : std::min(balance.samples, all));
}

}  // namespace

study::Kind declare_ei_balance() {
  study::Kind kind = study::declare<EiBalanceOptions>(
      study::Family::metric, "ei_balance",
      "how far excitation and inhibition of every unit cancel, and weights of the wrong sign, which should be none",
      "van Vreeswijk, Sompolinsky 1996, doi:10.1126/science.274.5293.1724, for balance");
  kind.subsets = study::typed<EiBalanceOptions>([](const EiBalanceOptions& balance) -> std::vector<study::Subset> {
    return {{balance.split, balance.samples, "samples"}};
  });
  kind.columns = {
      {"balance",
       {"affine"},
       "f64",
       "",
       "|E - I| / (E + I) of units' excitation E and inhibition I, mean over units and samples",
       has_synapses},
      study::alarmed({"sign_violations", {"affine"}, "i64", "", "weights of the wrong sign", has_signed_weights}, 0,
                     "these networks do not follow Dale's law: a bug of eigensweep; do not use them, and report it"),
  };
  kind.work = study::typed<EiBalanceOptions>([](const EiBalanceOptions& balance, const study::WorkContext& context) {
    constexpr double passes = 5;  // forward, and the products of both signs of weights and inputs
    return passes * balance_samples(balance, context) * context.model.forward_flops;
  });
  kind.bytes = study::typed<EiBalanceOptions>([](const EiBalanceOptions&, const study::WorkContext& context) {
    constexpr double samples = 256, of_float64 = 8;  // numbers of a chunk; bytes
    constexpr double copies = 6;                     // both signs of inputs, both products of each, both sums
    return of_float64 * (2.0 * static_cast<double>(context.model.parameters) +
                         copies * samples * static_cast<double>(context.model.outputs + context.dataset.input_size()));
  });
  return kind;
}

}  // namespace eigensweep::metrics
#else
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eigensweep/metrics/metric.hpp"
#include "eigensweep/models/layer_type.hpp"

namespace eigensweep::metrics {
namespace {

using torch::Tensor;

constexpr std::int64_t balance_chunk = 256;  // samples

/// Sum over units and samples of |E - I| / (E + I), and how many units have any input: both [E] float64.
struct BalanceSum {
  Tensor sum, count;

  /// Of one layer's units, by the network's matrices.
  void add(const std::vector<models::SignedWeights>& weights, const std::vector<models::Synapses>& synapses) {
    Tensor excitation, inhibition;
    for (const models::Synapses& of_matrix : synapses) {
      const auto& [raising, lowering, trained] = weights[of_matrix.matrix];
      const Tensor exact = of_matrix.inputs.to(torch::kFloat64);
      const Tensor positive = exact.clamp_min(0), negative = (-exact).clamp_min(0);
      const Tensor excites = raising.matmul(positive) + lowering.matmul(negative);
      const Tensor inhibits = lowering.matmul(positive) + raising.matmul(negative);
      excitation = excitation.defined() ? excitation + excites : excites;
      inhibition = inhibition.defined() ? inhibition + inhibits : inhibits;
    }
    const Tensor whole = excitation + inhibition;
    // A unit without any input is neither balanced nor unbalanced. NaN stays.
    const Tensor shares = torch::where(whole.eq(0), torch::zeros_like(whole), (excitation - inhibition).abs() / whole);
    const Tensor of_chunk = shares.sum({1, 2}, false, torch::kFloat64);
    const Tensor counted = whole.ne(0).sum({1, 2}).to(torch::kFloat64);
    sum = sum.defined() ? sum + of_chunk : of_chunk;
    count = count.defined() ? count + counted : counted;
  }
};

/// Per affine layer and lane, how many weights do not have the sign that their tensor declares.
std::vector<std::vector<std::int64_t> > sign_violations(models::Model& model) {
  std::vector<std::vector<std::int64_t> > layers;
  std::string layer;  // the place of the tensor at hand, "2" of "2.Wex"
  for (const models::NamedTensor& named : model.parameters()) {
    const std::string place = named.name.substr(0, named.name.find('.'));
    if (place != layer) layers.emplace_back(static_cast<std::size_t>(model.lanes()));
    layer = place;
    if (!named.signs.defined()) continue;
    const Tensor wrong = (named.tensor.detach() * named.signs < 0).flatten(1).sum(1).cpu();
    for (std::size_t lane = 0; lane < layers.back().size(); ++lane) {
      layers.back()[lane] += wrong[static_cast<std::int64_t>(lane)].item<std::int64_t>();
    }
  }
  return layers;
}

class EiBalance final : public Metric {
 public:
  explicit EiBalance(EiBalanceOptions options) : options_(std::move(options)) {}

  std::vector<Measurement> measure(const Subject& subject) override {
    const torch::NoGradGuard no_gradients;
    models::Model& model = subject.model;
    if (!models::has_dense_layers(subject.config)) return without_synapses(model.lanes());
    const std::vector<models::SignedWeights> weights = model.signed_weights();
    std::vector<BalanceSum> sums(weights.size());
    const Tensor& all = options_.split == "train" ? subject.data.train_images : subject.data.test_images;
    const std::int64_t samples = options_.samples == 0 ? all.size(0) : std::min(options_.samples, all.size(0));
    for (std::int64_t start = 0; start < samples; start += balance_chunk) {
      const Tensor chunk = data::to_inputs(all.slice(0, start, std::min(start + balance_chunk, samples)));
      const std::vector<std::vector<models::Synapses> > layers = model.synapses(chunk);
      for (std::size_t layer = 0; layer < sums.size(); ++layer) sums[layer].add(weights, layers[layer]);
    }
    const bool has_signs = std::any_of(model.parameters().begin(), model.parameters().end(),
                                       [](const models::NamedTensor& named) { return named.signs.defined(); });
    const std::vector<std::vector<std::int64_t> > wrong = sign_violations(model);
    std::vector<Measurement> lanes;
    for (std::int64_t lane = 0; lane < model.lanes(); ++lane) {
      lanes.push_back(measure_lane(sums, lane));
      if (!has_signs) continue;
      std::vector<std::int64_t> counts;
      for (const std::vector<std::int64_t>& of_layer : wrong)
        counts.push_back(of_layer[static_cast<std::size_t>(lane)]);
      lanes.back()["sign_violations"] = wire::Array::integers(counts);
    }
    return lanes;
  }

 private:
  static std::vector<Measurement> without_synapses(std::int64_t count) {
    std::vector<Measurement> lanes(static_cast<std::size_t>(count));
    for (Measurement& lane : lanes) lane.add_remark("only dense layers of finite width have excitation and inhibition");
    return lanes;
  }

  static Measurement measure_lane(const std::vector<BalanceSum>& sums, std::int64_t lane) {
    std::vector<double> balance;
    Measurement measurement;
    for (const BalanceSum& sum : sums) {
      balance.push_back((sum.sum[lane] / sum.count[lane]).item<double>());
      if (!std::isnan(balance.back())) continue;
      if (sum.count[lane].item<double>() == 0) {
        measurement.add_remark(fmt::format("layer {}: no unit has any input", balance.size()));
      } else {
        measurement.add_failure(fmt::format("layer {}: an input is not finite", balance.size()));
      }
    }
    measurement["balance"] = wire::Array::of(balance);
    return measurement;
  }

  EiBalanceOptions options_;
};

}  // namespace

std::unique_ptr<Metric> make_ei_balance(const Json& options) {
  return std::make_unique<EiBalance>(study::read<EiBalanceOptions>(options));
}

}  // namespace eigensweep::metrics
#endif
