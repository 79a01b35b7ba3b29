// SPDX-License-Identifier: MIT
// The cost model: counts of floating-point operations and bytes, from the declarations alone. Multiplications and
// additions count one each; cheap operations (activations, softmax) are left out.
#include "cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "eigensweep/study/declare/procedure.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/declare/training.hpp"

namespace eigensweep::study {
namespace {

// Adam with amsgrad: some fifteen operations on every parameter.
constexpr double optimizer_flops = 15;

WorkContext context_of(const Study& study, const Catalog& catalog, const Trial& trial) {
  const Json& config = study.config(trial);
  const auto training = read<Training>(config.at("training"));
  const Json& model = config.at("model");
  WorkContext context;
  context.dataset = study.dataset(trial);
  context.model = kind_of(catalog, Family::model, model).shape(model, context.dataset);
  context.batch_size = std::min(training.batch_size, context.dataset.train_samples);
  context.snapshots = training.snapshots;
  context.epochs = training.epochs;
  context.steps_per_epoch = steps_per_epoch(training, context.dataset);
  return context;
}

double samples_per_epoch(const Training& training, const WorkContext& context) {
  const auto all = static_cast<double>(context.dataset.train_samples);
  const auto whole = static_cast<double>(context.steps_per_epoch * context.batch_size);
  return training.drops_last() ? std::min(all, whole) : all;
}

double penalty_flops(const Json& config, const Catalog& catalog, const WorkContext& context) {
  double flops = 0;
  for_each_kind(config, [&](Family family, const std::string&, const Json& section) {
    if (family != Family::regularizer && family != Family::constraint) return;
    const Kind& kind = kind_of(catalog, family, section);
    if (kind.work) flops += kind.work(section, context);
  });
  return flops;
}

LaneCost simulation_cost(const Kind& procedure, const Json& config) {
  const Json& options = config.at("procedure");
  LaneCost cost;
  cost.is_of_cpu = true;
  cost.training_flops = cost.step_flops = procedure.work ? procedure.work(options, {}) : 0;
  cost.memory.phases.emplace_back().declared = procedure.bytes ? procedure.bytes(options, {}) : 0;
  return cost;
}

}  // namespace

LaneCost lane_cost(const Study& study, const Catalog& catalog, const Trial& trial,
                   const std::vector<Evaluation>& evaluations) {
  const Json& config = study.config(trial);
  const Kind& procedure = chosen_procedure(catalog, config);
  if (!procedure.procedure.gives_networks) return simulation_cost(procedure, config);
  WorkContext context = context_of(study, catalog, trial);
  const auto steps = static_cast<double>(context.epochs * context.steps_per_epoch);
  const double epochs = static_cast<double>(context.epochs);
  // Forward, gradient to the weights, gradient to the inputs of every layer but the first.
  const auto training = read<Training>(config.at("training"));
  const AdversaryWork adversary = adversary_work(training);
  // An attack also differentiates the network at initialisation, if the model subtracts it.
  const double networks = context.model.networks;
  const double sample_flops =
      adversary.samples * ((2.0 + networks) * context.model.forward_flops - context.model.first_layer_flops) +
      adversary.gradients * 2.0 * networks * context.model.forward_flops;
  LaneCost cost;
  const double samples = samples_per_epoch(training, context);
  // Penalties and memory count the adversary's samples, too.
  context.batch_size = static_cast<std::int64_t>(static_cast<double>(context.batch_size) * adversary.samples);
  cost.training_flops = epochs * samples * sample_flops +
                        steps * static_cast<double>(context.model.parameters) * optimizer_flops +
                        penalty_flops(config, catalog, context);
  if (context.model.closed_form_flops > 0) cost.training_flops = context.model.closed_form_flops;
  const double precision = context.model.numbers_in_one;
  cost.training_flops *= precision;
  cost.step_flops = steps > 0 ? cost.training_flops / steps : 0;
  cost.has_steps = true;
  for (const Evaluation& evaluation : evaluations) {
    const Kind* kind = catalog.find(evaluation.family, evaluation.kind);
    context.intensities = static_cast<std::int64_t>(evaluation.intensities.size());
    if (kind->work) cost.evaluation_flops += networks * kind->work(evaluation.options, context);
  }
  cost.evaluation_flops *= precision;
  cost.memory = footprint_of(config, catalog, context, evaluations);
  return cost;
}

double overhead_share(const LaneCost& cost, const DeviceProfile& device) {
  return cost.has_steps && cost.step_flops > 0 ? device.step_overhead_flops / cost.step_flops : 0;
}

std::size_t least_lanes(const LaneCost& cost, const DeviceProfile& device) {
  const double share = device.most_overhead_share;
  const double least = std::ceil(overhead_share(cost, device) * (1 - share) / share);
  return static_cast<std::size_t>(std::clamp(least, 1.0, static_cast<double>(device.most_useful_lanes)));
}

std::size_t best_lanes(const LaneCost& cost, const DeviceProfile& device, double memory, std::size_t seeds) {
  const double by_work = std::floor(device.full_step_flops / std::max(cost.step_flops, 1.0));
  const double most = std::clamp(by_work, 1.0, static_cast<double>(device.most_useful_lanes));
  const auto lanes = static_cast<std::size_t>(most);
  // A single lane is tried even if the cost model says that it does not fit: the model may be wrong.
  return std::max<std::size_t>(cost.memory.most_lanes(memory, seeds, device.memory_growth, lanes), 1);
}

double predicted_flops(const Study& study, const Catalog& catalog, const std::vector<Lane>& lanes,
                       const std::vector<Evaluation>& evaluations) {
  if (lanes.empty()) return 0;
  const LaneCost cost = lane_cost(study, catalog, study.trials.at(lanes.front().trial), evaluations);
  const auto trained = std::count_if(lanes.begin(), lanes.end(), [](const Lane& lane) { return lane.train; });
  return static_cast<double>(trained) * cost.training_flops + static_cast<double>(lanes.size()) * cost.evaluation_flops;
}

double pack_bytes(const Study& study, const LaneCost& cost, const std::vector<Lane>& lanes, double growth) {
  std::set<long long> seeds;
  for (const Lane& lane : lanes) seeds.insert(study.seed(study.trials.at(lane.trial)));
  return cost.memory.bytes(static_cast<double>(lanes.size()), static_cast<double>(seeds.size()), growth);
}

double predicted_bytes(const Study& study, const Catalog& catalog, const std::vector<Lane>& lanes,
                       const std::vector<Evaluation>& evaluations, const DeviceProfile& device) {
  if (lanes.empty()) return 0;
  const LaneCost cost = lane_cost(study, catalog, study.trials.at(lanes.front().trial), evaluations);
  return pack_bytes(study, cost, lanes, device.memory_growth);
}

}  // namespace eigensweep::study
