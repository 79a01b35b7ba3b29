// SPDX-License-Identifier: MIT
#include "changed_samples.hpp"

namespace eigensweep::attacks {
namespace {

struct SynapticNoise : ChangedSamples {
  SynapticNoise() { samples = 0; }
  static study::Fields<SynapticNoise> fields() {
    study::Fields<SynapticNoise> fields;
    fields.intensity("relative_sigma", {0, 100}, "standard deviation of the noise over the size of each weight");
    return add_to(fields);
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_synaptic_noise() {
  study::Kind kind = declare_attack<SynapticNoise>(
      "synaptic_noise", "relative_sigma",
      "multiplies every weight by 1 + relative_sigma z with its own standard normal z; biases stay",
      "Haber, Schneidman 2022, arXiv:2210.05961, for noise of synapses",
      [](const SynapticNoise& noise, double intensities) {
        return 1.0 + static_cast<double>(noise.draws) * intensities;
      },
      [](const SynapticNoise&) {
        return study::HeldImages{1, 0};
      });
  kind.bytes = study::typed<SynapticNoise>([](const SynapticNoise&, const study::WorkContext& context) {
    constexpr double copies = 4;  // the weights as they were, the draw, its integers on a GPU, their product
    return copies * 4.0 * static_cast<double>(context.model.parameters);
  });
  kind.refuse =
      study::typed<SynapticNoise>([](const SynapticNoise&, const Json& config) { return refuse_change(config); });
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include "eigensweep/models/numerics/lane_random.hpp"
#include "network_change.hpp"
#include "noise_draw.hpp"

namespace eigensweep::attacks {
namespace {

/// One z per weight, draw and trial seed, scaled by every relative_sigma: curves are smooth, their points comparable.
class SynapticNoiseAttack final : public Attack {
 public:
  explicit SynapticNoiseAttack(std::int64_t draws) : draws_(draws) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    const models::LaneRandom random(problem.seeds, random::Purpose::noise,
                                    static_cast<std::uint64_t>(NoiseDraw::synaptic), problem.inputs.device());
    visit_changed(problem, intensities, draws_, visit,
                  [&](const NetworkChange& network, double sigma, std::int64_t draw) {
                    for (std::size_t i = 0; i < network.weights().size(); ++i) {
                      Tensor weight = network.weights()[i];
                      const std::int64_t rows = weight.size(1), count = weight[0][0].numel();
                      const Tensor streams = torch::arange(row_stream(draw, i, 0), row_stream(draw, i, rows),
                                                           torch::TensorOptions(torch::kInt64).device(weight.device()));
                      weight.mul_(random.normal(streams, count).mul_(sigma).add_(1).view_as(weight));
                    }
                  });
  }

 private:
  std::int64_t draws_;
};

}  // namespace

std::unique_ptr<Attack> make_synaptic_noise(const Json& options) {
  return std::make_unique<SynapticNoiseAttack>(study::read<SynapticNoise>(options).draws);
}

}  // namespace eigensweep::attacks
#endif
