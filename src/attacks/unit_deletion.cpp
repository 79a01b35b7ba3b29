// SPDX-License-Identifier: MIT
#include "changed_samples.hpp"

namespace eigensweep::attacks {
namespace {

struct UnitDeletion : ChangedSamples {
  enum class Units { all, excitatory, inhibitory };
  UnitDeletion() { samples = 0; }
  Units units = Units::all;

  static study::Fields<UnitDeletion> fields() {
    study::Fields<UnitDeletion> fields;
    fields.intensity("deleted_share", {0, 1}, "share of the units of every hidden layer, to the nearest whole unit");
    fields.choice("units", &UnitDeletion::units,
                  {{"all", Units::all}, {"excitatory", Units::excitatory}, {"inhibitory", Units::inhibitory}},
                  "of which units the share is taken; by Dale's law units excite or inhibit");
    return add_to(fields);
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"
#include "eigensweep/models/layer_type.hpp"

namespace eigensweep::attacks {

study::Kind declare_unit_deletion() {
  study::Kind kind = declare_attack<UnitDeletion>(
      "unit_deletion", "deleted_share",
      "silences randomly chosen units (channels) of every hidden layer; those of a smaller share are among them",
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
  kind.refuse = study::typed<UnitDeletion>([](const UnitDeletion& deletion, const Json& config) -> std::string {
    const models::NetworkOptions network = models::network_of(config);
    if (deletion.units != UnitDeletion::Units::all && !models::keeps_signs(network)) {
      return "units of layer 'dense' neither excite nor inhibit; choose units 'all', or layer 'colei' or 'dann'";
    }
    if (network.whiten > 0) {
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

class UnitDeletionAttack final : public Attack {
 public:
  explicit UnitDeletionAttack(const UnitDeletion& options) : draws_(options.draws), units_(options.units) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    const models::LaneRandom random(problem.seeds, random::Purpose::noise,
                                    static_cast<std::uint64_t>(NoiseDraw::deletion), problem.inputs.device());
    visit_changed(problem, intensities, draws_, visit,
                  [&](const NetworkChange& network, double share, std::int64_t draw) {
                    for (std::size_t i = 0; i < network.units().size(); ++i) {
                      delete_units(network.units()[i], share, random, row_stream(draw, i, 0));
                    }
                  });
  }

 private:
  void delete_units(const models::HiddenUnits& hidden, double share, const models::LaneRandom& random,
                    std::int64_t stream) const {
    const std::int64_t first = units_ == UnitDeletion::Units::inhibitory ? hidden.excitatory : 0;
    const std::int64_t among = units_ == UnitDeletion::Units::all          ? hidden.count
                               : units_ == UnitDeletion::Units::excitatory ? hidden.excitatory
                                                                           : hidden.inhibitory;
    if (among == 0) return;
    const Tensor& like = hidden.parts.front().tensor;
    const Tensor streams = torch::full({1}, stream, torch::TensorOptions(torch::kInt64).device(like.device()));
    const Tensor numbers = random.uniform(streams, among, 0, 1).squeeze(1);
    // The place of each unit in a random order: the first are deleted first.
    const Tensor order = numbers.argsort(/*stable=*/true, 1, false).argsort(/*stable=*/true, 1, false);
    const auto gone = static_cast<std::int64_t>(std::llround(share * static_cast<double>(among)));
    Tensor kept = torch::ones({like.size(0), hidden.count}, torch::TensorOptions(torch::kBool).device(like.device()));
    kept.narrow(1, first, among).copy_(order.ge(gone));
    for (const models::HiddenUnits::Part& part : hidden.parts) {
      std::vector<std::int64_t> shape(static_cast<std::size_t>(part.tensor.dim()), 1);
      shape[0] = part.tensor.size(0);
      shape[static_cast<std::size_t>(part.dimension)] = hidden.count;
      Tensor tensor = part.tensor;
      tensor.mul_(kept.view(shape));
    }
  }

  std::int64_t draws_;
  UnitDeletion::Units units_;
};

}  // namespace

std::unique_ptr<Attack> make_unit_deletion(const Json& options) {
  return std::make_unique<UnitDeletionAttack>(study::read<UnitDeletion>(options));
}

}  // namespace eigensweep::attacks
#endif
