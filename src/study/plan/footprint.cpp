// SPDX-License-Identifier: MIT
// Counted from the worker's tensors; tests/device/memory_test.cpp holds it against the most that a device has in use.
#include "footprint.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "eigensweep/study/declare/passes.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/declare/training.hpp"

namespace eigensweep::study {
namespace {

constexpr double number_bytes = 4;  // float32
constexpr double index_bytes = 8;
// Of a chunk, as models/spectra.cpp, attacks/evaluate.cpp and metrics/score.cpp have it.
constexpr double chunk_bytes = 3e8, fewest_samples = 16, most_samples = 10000;

double bytes_of(const ChunkedPass& pass, double lanes) {
  if (pass.samples <= 0) return 0;
  const double counted = std::max(lanes * pass.counted_per_lane + pass.counted_shared, 1.0);
  // Not rounded: with more lanes a pass never takes less.
  const double chunk = std::min(std::clamp(chunk_bytes / counted, fewest_samples, most_samples), pass.samples);
  const double during = chunk * (lanes * pass.held_per_lane + pass.held_shared) + lanes * pass.beside;
  return std::max(during, lanes * pass.after);
}

/// Of an attack or metric that declares no memory: as much as the largest of ours holds.
ChunkedPass undeclared_pass(Family family, const WorkContext& context) {
  const DatasetInfo& dataset = context.dataset;
  const auto samples = static_cast<double>(std::max({dataset.train_samples, dataset.test_samples}));
  if (family == Family::attack) return attack_pass(context, samples, most_images);
  return spectrum_pass(context, samples, context.model.hidden_widths);
}

/// A penalty that declares no memory: it counts as the Jacobian's of all classes and the spectral one of all layers.
bool declares_nothing(const Kind& penalty) { return !penalty.bytes && !penalty.step_bytes && !penalty.pass; }

/// The parts of a lane's memory.
class Parts {
 public:
  Parts(const Json& config, const Catalog& catalog, const WorkContext& context)
      : config_(config),
        catalog_(catalog),
        context_(context),
        training_(read<Training>(config.at("training"))),
        precision_(context.model.numbers_in_one),
        network_(precision_ * number_bytes * static_cast<double>(context.model.parameters)) {}

  /// A step: the network, its optimiser's moments and gradients, and a batch.
  [[nodiscard]] Phase step() const {
    Phase phase = between_steps();
    const auto batch = static_cast<double>(context_.batch_size);
    const double inputs = batch * number_bytes * static_cast<double>(context_.dataset.input_size());
    const double gradients = network_;
    const double activations =
        batch * precision_ * number_bytes * static_cast<double>(context_.model.activations + context_.model.gradients);
    phase.per_lane += gradients + activations + penalties();
    if (training_.has_adversary()) {
      // Each lane's inputs are moved on their own: as many numbers again for the point, its gradient and its sign.
      phase.per_lane += 2 * inputs;
    }
    (training_.has_adversary() ? phase.per_lane : by_order(phase)) += inputs;
    return phase;
  }

  /// New eigenvectors, before an epoch: for penalties, or to whiten a layer.
  [[nodiscard]] std::vector<Phase> refreshes() const {
    std::vector<Phase> phases;
    const auto add = [&](const ChunkedPass& pass) {
      phases.push_back(between_steps());
      phases.back().pass = in_precision(pass);
    };
    for_each_kind(config_, [&](Family family, const std::string&, const Json& section) {
      if (family != Family::regularizer) return;
      const Kind& kind = kind_of(catalog_, family, section);
      const auto samples = static_cast<double>(context_.dataset.train_samples);
      if (kind.pass) add(kind.pass(section, context_));
      if (declares_nothing(kind)) add(spectrum_pass(context_, samples, context_.model.hidden_widths));
    });
    if (!context_.model.whitened_widths.empty()) {
      const auto samples = static_cast<double>(context_.dataset.train_samples);
      add(spectrum_pass(context_, samples, context_.model.whitened_widths));
    }
    return phases;
  }

  /// Training has freed its own memory by then.
  [[nodiscard]] Phase evaluation(const Evaluation& evaluation) const {
    const Kind* kind = catalog_.find(evaluation.family, evaluation.kind);
    Phase phase;
    phase.what = fmt::format("{} '{}'", family_name(evaluation.family), evaluation.label);
    phase.per_lane = networks();
    if (kind->bytes) phase.declared = kind->bytes(evaluation.options, context_);
    if (kind->pass) phase.pass = in_precision(kind->pass(evaluation.options, context_));
    if (!kind->pass && !kind->bytes) phase.pass = in_precision(undeclared_pass(evaluation.family, context_));
    return phase;
  }

 private:
  /// The network, the one at initialisation if the model subtracts it, and those that are kept on the way.
  [[nodiscard]] double networks() const {
    return network_ * (context_.model.networks + static_cast<double>(context_.snapshots));
  }

  /// What a step holds for penalties, beside the network's passes.
  [[nodiscard]] double penalties() const {
    double bytes = 0;
    for_each_kind(config_, [&](Family family, const std::string&, const Json& section) {
      if (family != Family::regularizer) return;
      const Kind& kind = kind_of(catalog_, family, section);
      const auto classes = static_cast<double>(context_.dataset.classes);
      const double held =
          kind.step_bytes ? kind.step_bytes(section, context_) : double_backward_bytes(context_, classes);
      bytes += precision_ * held;
    });
    return bytes;
  }

  /// Eigenvectors of all hidden layers.
  [[nodiscard]] double basis_bytes() const {
    double numbers = 0;
    for (const std::int64_t width : context_.model.hidden_widths) {
      numbers += static_cast<double>(width * std::min(width, context_.dataset.train_samples));
    }
    return number_bytes * numbers;
  }

  [[nodiscard]] Phase between_steps() const {
    Phase phase;
    phase.per_lane = networks();
    for_each_kind(config_, [&](Family family, const std::string&, const Json& section) {
      if (family != Family::optimizer && family != Family::regularizer) return;
      const Kind& kind = kind_of(catalog_, family, section);
      if (kind.bytes) phase.per_lane += precision_ * kind.bytes(section, context_);
      if (family == Family::regularizer && declares_nothing(kind)) phase.per_lane += precision_ * basis_bytes();
      // An optimiser that declares nothing may keep as much as Adam with amsgrad.
      if (!kind.bytes && family == Family::optimizer) phase.per_lane += 3 * network_;
    });
    by_order(phase) += index_bytes * static_cast<double>(context_.dataset.train_samples);
    return phase;
  }

  /// Lanes of one order of samples share each batch.
  [[nodiscard]] double& by_order(Phase& phase) const {
    return training_.batch_order == Training::Order::per_seed ? phase.per_seed : phase.shared;
  }

  [[nodiscard]] ChunkedPass in_precision(ChunkedPass pass) const {
    pass.held_per_lane *= precision_;
    return pass;
  }

  const Json& config_;
  const Catalog& catalog_;
  const WorkContext& context_;
  Training training_;
  double precision_;
  double network_;  // bytes
};

}  // namespace

double Phase::bytes(double lanes, double seeds, double growth) const {
  return growth * (shared + seeds * per_seed + lanes * per_lane + bytes_of(pass, lanes)) + lanes * declared;
}

double Footprint::bytes(double lanes, double seeds, double growth) const {
  double most = 0;
  for (const Phase& phase : phases) most = std::max(most, phase.bytes(lanes, seeds, growth));
  return dataset + most;
}

const Phase* Footprint::largest() const {
  const auto less = [](const Phase& a, const Phase& b) { return a.bytes(1, 1, 1) < b.bytes(1, 1, 1); };
  const auto found = std::max_element(phases.begin(), phases.end(), less);
  return found == phases.end() ? nullptr : &*found;
}

std::size_t Footprint::most_lanes(double memory, std::size_t seeds, double growth, std::size_t most) const {
  std::size_t fits = 0, too_many = most + 1;
  while (too_many - fits > 1) {
    const std::size_t lanes = fits + (too_many - fits) / 2;
    const double taken = bytes(static_cast<double>(lanes), static_cast<double>(std::min(lanes, seeds)), growth);
    (taken <= memory ? fits : too_many) = lanes;
  }
  return fits;
}

Footprint footprint_of(const Json& config, const Catalog& catalog, WorkContext context,
                       const std::vector<Evaluation>& evaluations) {
  // Unknown: a gradient by each activation and by the one below, and no pass holds more than the backward pass needs.
  ModelShape& model = context.model;
  if (model.gradients == 0) model.gradients = 2 * model.activations;
  if (model.forward_numbers == 0) model.forward_numbers = model.activations + model.gradients;
  const Parts parts(config, catalog, context);
  Footprint footprint;
  const auto samples = static_cast<double>(context.dataset.train_samples + context.dataset.test_samples +
                                           context.dataset.validation_samples);
  const auto sample = static_cast<double>(context.dataset.input_size() * context.dataset.value_bytes) + index_bytes;
  footprint.dataset = samples * sample;
  const bool is_closed = context.model.closed_form_bytes > 0;
  if (is_closed) {
    footprint.phases.emplace_back().declared = context.model.closed_form_bytes;
  } else {
    footprint.phases = parts.refreshes();
    footprint.phases.push_back(parts.step());
  }
  for (const Evaluation& evaluation : evaluations) {
    footprint.phases.push_back(parts.evaluation(evaluation));
    if (is_closed) footprint.phases.back().per_lane = 0;
  }
  return footprint;
}

}  // namespace eigensweep::study
