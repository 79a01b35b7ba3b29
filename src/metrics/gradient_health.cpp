// SPDX-License-Identifier: MIT
// Whether attacks that follow gradients can see anything on these networks: what Athalye, Carlini and Wagner 2018
// (arXiv:1802.00420) call masked gradients, as far as it shows before any attack.
#include "eigensweep/models/network_options.hpp"
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::metrics {
namespace {

struct HealthOptions {
  std::string split = "test";
  std::int64_t samples = 256;

  static study::Fields<HealthOptions> fields() {
    return study::Fields<HealthOptions>()
        .choice("split", &HealthOptions::split, {"test", "train"}, "where the samples are taken from")
        .integer("samples", &HealthOptions::samples, {1, 1e5}, "how many samples, from the first");
  }
};

/// Whether the hidden layers' outputs are those of a nonlinearity that saturates at 1.
bool saturates(const Json& config) {
  const models::NetworkOptions network = models::network_of(config);
  return (network.activation == "tanh" || network.activation == "erf") && !network.is_infinite() &&
         !network.reads_samples();
}

}  // namespace
}  // namespace eigensweep::metrics

#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/declare/passes.hpp"

namespace eigensweep::metrics {
namespace {

constexpr const char* blind_loss =
    "attacks on the cross entropy (fgsm and pgd by default) are blind to these samples, and their robust accuracy is "
    "too high: give them \"loss\": \"log_odds\", or rest on the attack strict";

}  // namespace

study::Kind declare_gradient_health() {
  study::Kind kind = study::declare<HealthOptions>(
      study::Family::metric, "gradient_health",
      "whether attacks that follow gradients can see anything: gradients that vanish, saturated units, logits that "
      "float32 cannot tell apart, verdicts that depend on the batch",
      "Athalye, Carlini, Wagner 2018, arXiv:1802.00420, for masked gradients");
  kind.subsets = study::typed<HealthOptions>([](const HealthOptions& health) -> std::vector<study::Subset> {
    return {{health.split, health.samples, "samples"}};
  });
  kind.columns = {
      study::alarmed({"zero_gradients", {}, "f64", "", "share of samples with a cross entropy of gradient 0"}, 0.01,
                     std::string("gradients vanish in float32; ") + blind_loss),
      {"tiny_gradients",
       {"size_limit"},
       "f64",
       "",
       "share of samples whose gradient has no entry above 1e-6, 1e-12, 1e-30"},
      study::alarmed({"broken_gradients", {}, "f64", "", "share of samples whose gradient is not finite"}, 0,
                     "no attack that follows gradients can run here: numbers of the network overflow"),
      study::alarmed({"sign_disagreement",
                      {},
                      "f64",
                      "",
                      "share of the gradient's signs in which cross entropy and log-odds differ in float32"},
                     0.02, std::string("float32 rounds the label's share of the gradient off; ") + blind_loss),
      {"direction_cosine",
       {},
       "f64",
       "",
       "mean cosine of the angle between the gradients of cross entropy and log-odds in float32"},
      {"margin", {"percentile"}, "f64", "", "label's logit less the largest other, at percentiles 1, 10, 50, 90, 99"},
      {"confident", {}, "f64", "", "share of samples with a margin above 17"},
      {"saturated",
       {"layer"},
       "f64",
       "",
       "share of the hidden units' outputs that are 1 or -1 in float32",
       [](const Json&, const Json& config) { return saturates(config); }},
      study::alarmed({"unstable_verdicts", {}, "f64", "", "share of samples judged otherwise alone than in a batch"},
                     0.005,
                     "verdicts depend on what else is in the batch: the largest logits lie within roundings of each "
                     "other"),
      study::alarmed({"fragile_verdicts",
                      {},
                      "f64",
                      "",
                      "share of samples judged otherwise when 1000 is added to the logits or classes are reversed"},
                     0.005,
                     "verdicts hang on the last digits of the logits: margins are so small that roundings decide, and "
                     "so does any attack"),
  };
  kind.work = study::typed<HealthOptions>([](const HealthOptions& health, const study::WorkContext& context) {
    constexpr double passes = 6;  // two gradients (two passes each) and two verdicts
    return passes * static_cast<double>(health.samples) * context.model.forward_flops;
  });
  kind.pass = study::typed<HealthOptions>([](const HealthOptions& health, const study::WorkContext& context) {
    return study::attack_pass(context, static_cast<double>(health.samples), {6, 1});
  });
  return kind;
}

}  // namespace eigensweep::metrics
#else
#include <algorithm>
#include <array>
#include <limits>

#include "eigensweep/attacks/objective.hpp"
#include "eigensweep/metrics/metric.hpp"
#include "eigensweep/models/numerics/verdict.hpp"

namespace eigensweep::metrics {
namespace {

using torch::Tensor;

constexpr std::array size_limits{1e-6, 1e-12, 1e-30};
constexpr std::array percentiles{0.01, 0.1, 0.5, 0.9, 0.99};
constexpr double confident_margin = 17;
constexpr std::int64_t most_alone = 64;
constexpr double shift = 1000;  // of logits

/// Of booleans [E, n]: [E] float64, on the CPU.
Tensor share(const Tensor& is_so) { return is_so.to(torch::kFloat64).mean(-1).cpu(); }

/// Of the angles between vectors [E, n, d]: [E, n] float64, 0 where one of them is 0.
Tensor cosine(const Tensor& one, const Tensor& other) {
  const auto unit = [](const Tensor& x) {
    const Tensor wide = x.to(torch::kFloat64);
    return wide / wide.norm(2, -1, /*keepdim=*/true).clamp_min_(std::numeric_limits<double>::min());
  };
  return (unit(one) * unit(other)).sum(-1);
}

class GradientHealth final : public Metric {
 public:
  explicit GradientHealth(HealthOptions options) : options_(std::move(options)) {}

  std::vector<Measurement> measure(const Subject& subject) override {
    const torch::NoGradGuard no_gradients;
    const std::int64_t lanes = subject.model.lanes();
    const bool is_test = options_.split == "test";
    const Tensor& images = is_test ? subject.data.test_images : subject.data.train_images;
    const std::int64_t count = std::min(options_.samples, images.size(0));
    const Tensor x = data::to_inputs(images.slice(0, 0, count)).expand({lanes, count, images.size(1)});
    const Tensor labels = (is_test ? subject.data.test_labels : subject.data.train_labels).slice(0, 0, count);

    std::vector<Measurement> found(static_cast<std::size_t>(lanes));
    add_gradients(subject.model, x, labels, found);
    const Tensor logits = add_outputs(subject.model, x, labels, saturates(subject.config), found);
    models::Tally tally(lanes, logits.device());
    tally.add(logits, labels);
    const std::vector<models::Verdict> verdicts = tally.verdicts();
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (verdicts[i].trouble.empty()) continue;
      found[i] = Measurement();  // shares of what is not finite would mean nothing
      found[i].add_failure(verdicts[i].trouble);
    }
    return found;
  }

 private:
  static void add(const std::string& name, const Tensor& of_lanes, std::vector<Measurement>& found) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      const Tensor numbers = of_lanes[static_cast<std::int64_t>(i)].contiguous();
      if (numbers.dim() == 0) {
        found[i][name] = wire::Array::scalar(numbers.item<double>());
      } else {
        const auto* first = numbers.const_data_ptr<double>();
        found[i][name] = wire::Array::of({first, first + numbers.numel()});
      }
    }
  }

  static void add_gradients(models::Model& model, const Tensor& x, const Tensor& labels,
                            std::vector<Measurement>& found) {
    const Tensor gradient = attacks::slope(model, x, attacks::Objective::cross_entropy, labels).gradient;
    const Tensor largest = gradient.abs().amax(-1);  // [E, n]
    add("zero_gradients", share(largest == 0), found);
    add("broken_gradients", share(largest.isfinite().logical_not()), found);
    std::vector<Tensor> tiny;
    for (const double limit : size_limits) tiny.push_back(share(largest < limit));
    add("tiny_gradients", torch::stack(tiny, 1), found);
    const Tensor exact = attacks::slope(model, x, attacks::Objective::log_odds, labels).gradient;
    add("sign_disagreement", share((gradient.sign() != exact.sign()).flatten(1)), found);
    add("direction_cosine", cosine(gradient, exact).mean(-1).cpu(), found);
  }

  /// Returns the logits.
  static Tensor add_outputs(models::Model& model, const Tensor& x, const Tensor& labels, bool can_saturate,
                            std::vector<Measurement>& found) {
    const models::Output output = model.forward(models::Inputs::per_lane(x), models::Mode::evaluate);
    const Tensor margin = -attacks::value_of(attacks::Objective::margin, output.logits, labels).to(torch::kFloat64);
    add("confident", share(margin > confident_margin), found);
    const Tensor ranks = torch::tensor(std::vector<double>(percentiles.begin(), percentiles.end()), torch::kFloat64);
    add("margin", margin.cpu().quantile(ranks, 1).t(), found);
    if (can_saturate) {
      std::vector<Tensor> saturated;
      for (const Tensor& layer : output.hidden) saturated.push_back(share((layer.abs() == 1).flatten(1)));
      add("saturated", torch::stack(saturated, 1), found);
    }
    const Tensor right = alone(model, x, labels);
    const Tensor together = models::is_right(output.logits, labels).narrow(1, 0, right.size(1));
    add("unstable_verdicts", share(together != right), found);
    add("fragile_verdicts", share(are_fragile(output.logits, labels)), found);
    return output.logits;
  }

  /// What no verdict should depend on: a constant added to all logits, and the order of the classes. [E, n].
  static Tensor are_fragile(const Tensor& logits, const Tensor& labels) {
    const Tensor right = models::is_right(logits, labels);
    const Tensor shifted = models::is_right(logits + shift, labels);
    const Tensor reversed = models::is_right(logits.flip(1), logits.size(1) - 1 - labels);
    return (shifted != right).logical_or_(reversed != right);
  }

  /// Whether each of the first samples is classified right in a batch of its own: [E, as many].
  static Tensor alone(models::Model& model, const Tensor& x, const Tensor& labels) {
    std::vector<Tensor> right;
    for (std::int64_t i = 0; i < std::min(x.size(1), most_alone); ++i) {
      const Tensor one = x.narrow(1, i, 1);
      const Tensor logits = model.forward(models::Inputs::per_lane(one), models::Mode::evaluate).logits;
      right.push_back(models::is_right(logits, labels.narrow(0, i, 1)));
    }
    return torch::cat(right, 1);
  }

  HealthOptions options_;
};

}  // namespace

std::unique_ptr<Metric> make_gradient_health(const Json& options) {
  return std::make_unique<GradientHealth>(study::read<HealthOptions>(options));
}

}  // namespace eigensweep::metrics
#endif
