// SPDX-License-Identifier: MIT
#include "changed_samples.hpp"

namespace eigensweep::attacks {
namespace {

struct UnitDeletion : ChangedSamples {
  UnitDeletion() { samples = 0; }
  static study::Fields<UnitDeletion> fields() {
    study::Fields<UnitDeletion> fields;
    fields.intensity("deleted_share", {0, 1}, "share of the units of every hidden layer, to the nearest whole unit");
    return add_to(fields);
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_unit_deletion() {
  study::Kind kind = declare_attack<UnitDeletion>(
      "unit_deletion", "deleted_share",
      "sets the outputs of randomly chosen units (channels) of every hidden layer to 0; those of a smaller share are "
      "among them",
      "Morcos, Barrett, Rabinowitz, Botvinick 2018, arXiv:1803.06959, for deletion of units",
      [](const UnitDeletion& deletion, double intensities) {
        return 1.0 + static_cast<double>(deletion.draws) * intensities;
      },
      [](const UnitDeletion&) {
        return study::HeldImages{1, 0};
      });
  kind.bytes = study::typed<UnitDeletion>([](const UnitDeletion&, const study::WorkContext& context) {
    constexpr double copies = 2;  // the network as it was, and a changed layer
    return copies * 4.0 * static_cast<double>(context.model.parameters);
  });
  kind.refuse = study::typed<UnitDeletion>([](const UnitDeletion&, const Json& config) -> std::string {
    if (models::network_of(config).whiten > 0) {
      return "a whitened layer mixes its units, so that none can be deleted alone; leave this out, or exclude whiten";
    }
    return refuse_change(config);
  });
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include <cmath>

#include "eigensweep/models/numerics/lane_random.hpp"
#include "network_change.hpp"
#include "noise_draw.hpp"

namespace eigensweep::attacks {
namespace {

/// Every nonlinearity is 0 at 0, so a unit without weights, bias and gains has the output 0.
class UnitDeletionAttack final : public Attack {
 public:
  explicit UnitDeletionAttack(std::int64_t draws) : draws_(draws) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    const models::LaneRandom random(problem.seeds, random::Purpose::noise,
                                    static_cast<std::uint64_t>(NoiseDraw::deletion), problem.inputs.device());
    visit_changed(problem, intensities, draws_, visit,
                  [&](const NetworkChange& network, double share, std::int64_t draw) {
                    for (std::size_t i = 0; i + 1 < network.layers().size(); ++i) {
                      delete_units(network.layers()[i], share, order(random, draw, i, network.layers()[i]));
                    }
                  });
  }

 private:
  /// [E, N]: the place of each unit in a random order. The first are deleted first.
  static Tensor order(const models::LaneRandom& random, std::int64_t draw, std::size_t layer,
                      const NetworkChange::Layer& units) {
    const Tensor stream =
        torch::full({1}, row_stream(draw, layer, 0), torch::TensorOptions(torch::kInt64).device(units.weight.device()));
    const Tensor numbers = random.uniform(stream, units.weight.size(1), 0, 1).squeeze(1);
    return numbers.argsort(/*stable=*/true, 1, false).argsort(/*stable=*/true, 1, false);
  }

  static void delete_units(const NetworkChange::Layer& units, double share, const Tensor& order) {
    const auto count = std::llround(share * static_cast<double>(units.weight.size(1)));
    const Tensor kept = order.ge(static_cast<std::int64_t>(count));
    for (Tensor tensor : units.per_unit) tensor.mul_(kept);
    Tensor weight = units.weight;
    std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
    shape[0] = weight.size(0);
    shape[1] = weight.size(1);
    weight.mul_(kept.view(shape));
  }

  std::int64_t draws_;
};

}  // namespace

std::unique_ptr<Attack> make_unit_deletion(const Json& options) {
  return std::make_unique<UnitDeletionAttack>(study::read<UnitDeletion>(options).draws);
}

}  // namespace eigensweep::attacks
#endif
