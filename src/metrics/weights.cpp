// SPDX-License-Identifier: MIT
// The singular values of weight matrices: whether one direction outweighs all others, as in networks whose units
// keep one sign, and how evenly the rest is spread.
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::metrics {
namespace {

struct WeightsOptions {
  enum class Network { trained, initial };

  Network network = Network::trained;

  static study::Fields<WeightsOptions> fields() {
    return study::Fields<WeightsOptions>().choice("network", &WeightsOptions::network,
                                                  {{"trained", Network::trained}, {"initial", Network::initial}},
                                                  "the network after training, or before its first step");
  }
};

}  // namespace
}  // namespace eigensweep::metrics

#ifdef EIGENSWEEP_DECLARATIONS
#include <cmath>

#include "eigensweep/models/network_options.hpp"
#include "kernel_memory.hpp"

namespace eigensweep::metrics {
namespace {

/// A network of infinite width has no weight matrices.
bool has_weights(const Json& /*options*/, const Json& config) { return !models::network_of(config).is_infinite(); }

}  // namespace

study::Kind declare_weights() {
  study::Kind kind = study::declare<WeightsOptions>(
      study::Family::metric, "weights",
      "singular values of every affine layer's weights, in float64: the first against the second, and their entropy",
      "Li, Cornford, Ghosh, Richards 2023, arXiv:2303.15562; the entropy is that of Alter, Brown, Botstein 2000, "
      "doi:10.1073/pnas.97.18.10101");
  kind.columns = {
      {"singular_values",
       {"affine", "singular_value"},
       "f64",
       "",
       "singular values of the weights, in descending order; a convolution is the matrix [channels, patch]",
       has_weights},
      {"first_to_second", {"affine"}, "f64", "", "the largest singular value over the second", has_weights},
      {"singular_entropy",
       {"affine"},
       "f64",
       "",
       "entropy of the squared singular values, over the logarithm of their number: 0 to 1",
       has_weights},
      {"zero_weights", {"affine"}, "f64", "", "share of the weights that are 0", has_weights},
  };
  kind.work = study::typed<WeightsOptions>([](const WeightsOptions&, const study::WorkContext& context) {
    // A matrix of n x m numbers takes some 4 n m min(n, m); float64 counts twice.
    const auto numbers = static_cast<double>(context.model.parameters);
    return 8.0 * numbers * std::sqrt(numbers);
  });
  kind.bytes = study::typed<WeightsOptions>([](const WeightsOptions&, const study::WorkContext& context) {
    constexpr double matrices = 3;  // the weights, the copy that is overwritten, its workspace
    return is_infinite(context) ? 0.0 : matrices * 8.0 * static_cast<double>(context.model.parameters);
  });
  return kind;
}

}  // namespace eigensweep::metrics
#else
#include <cmath>

#include "eigensweep/metrics/metric.hpp"
#include "eigensweep/models/network_options.hpp"
#include "power_law.hpp"
#include "regime.hpp"

namespace eigensweep::metrics {
namespace {

using torch::Tensor;

/// The share of each lane's numbers that are 0: [E].
Tensor share_of_zeros(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> flat;
  for (const Tensor& tensor : tensors) flat.push_back(tensor.flatten(1));
  return torch::cat(flat, 1).eq(0).mean(1, false, torch::kFloat64);
}

/// Singular values [E, k], of a layer.
struct LayerValues {
  Tensor singular;
  Tensor zeros;  ///< [E], shares

  explicit LayerValues(const models::SignedWeights& weights)
      : singular(torch::linalg_svdvals(weights.effective()).cpu()), zeros(share_of_zeros(weights.trained).cpu()) {}
};

/// 0 for a matrix of rank 1, 1 where all singular values are equal; NaN of a single one.
double entropy_of(const Tensor& singular) {
  const Tensor squared = singular.square();
  const Tensor shares = squared / squared.sum();
  return -(shares * shares.log()).nan_to_num(0.0).sum().item<double>() /
         std::log(static_cast<double>(singular.size(0)));
}

class Weights final : public Metric {
 public:
  explicit Weights(WeightsOptions options) : options_(options) {}

  std::vector<Measurement> measure(const Subject& subject) override {
    const torch::NoGradGuard no_gradients;
    std::vector<Measurement> lanes(static_cast<std::size_t>(subject.model.lanes()));
    if (models::network_of(subject.config).is_infinite()) {
      for (Measurement& lane : lanes) lane.add_remark("a network of infinite width has no weight matrices");
      return lanes;
    }
    const bool is_initial = options_.network == WeightsOptions::Network::initial;
    const std::unique_ptr<models::Model> initial = is_initial ? initial_networks(subject) : nullptr;
    std::vector<LayerValues> layers;
    std::int64_t most = 0;
    for (const models::SignedWeights& weights : (initial ? *initial : subject.model).signed_weights()) {
      layers.emplace_back(weights);
      most = std::max(most, layers.back().singular.size(1));
    }
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      lanes[lane] = measure_lane(layers, static_cast<std::int64_t>(lane), most);
    }
    return lanes;
  }

 private:
  static Measurement measure_lane(const std::vector<LayerValues>& layers, std::int64_t lane, std::int64_t most) {
    std::vector<double> values;
    std::vector<double> ratio;
    std::vector<double> entropy;
    std::vector<double> zeros;
    for (const LayerValues& layer : layers) {
      const Tensor singular = layer.singular[lane].contiguous();
      const auto count = static_cast<std::size_t>(singular.size(0));
      values.insert(values.end(), singular.data_ptr<double>(), singular.data_ptr<double>() + count);
      values.insert(values.end(), static_cast<std::size_t>(most) - count, nan);
      ratio.push_back(count < 2 ? nan : singular[0].item<double>() / singular[1].item<double>());
      entropy.push_back(entropy_of(singular));
      zeros.push_back(layer.zeros[lane].item<double>());
    }
    return {{"singular_values", wire::Array::of(values, {static_cast<std::int64_t>(layers.size()), most})},
            {"first_to_second", wire::Array::of(ratio)},
            {"singular_entropy", wire::Array::of(entropy)},
            {"zero_weights", wire::Array::of(zeros)}};
  }

  WeightsOptions options_;
};

}  // namespace

std::unique_ptr<Metric> make_weights(const Json& options) {
  return std::make_unique<Weights>(study::read<WeightsOptions>(options));
}

}  // namespace eigensweep::metrics
#endif
