// SPDX-License-Identifier: MIT
#include "eigensweep/balanced/options.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace eigensweep::balanced {
namespace {

using study::Fields;
using study::Range;

Coupling mixed(const Options& options, double share) { return {options.j_exc, options.j_inh, share}; }
Coupling excitatory(double weight) { return {weight, 0, 1}; }
Coupling inhibitory(double weight) { return {0, weight, 0}; }

// The share of excitatory synapses that gives the pools' cross coupling.
double cross_share(const Options& options) {
  return (options.cross_coupling + options.j_inh) / (options.j_exc + options.j_inh);
}

Network two_populations(const Options& options) {
  Network network;
  network.populations = {{options.neurons, options.j_e0 * options.drive, options.threshold, 1},
                         {options.neurons, options.j_i0 * options.drive, options.threshold, options.tau_i}};
  network.couplings = {excitatory(1), inhibitory(options.j_e), excitatory(1), inhibitory(options.j_i)};
  return network;
}

Network pools(const Options& options) {
  Network network;
  for (const double sign : {1.0, -1.0}) {
    const double drive = options.drive + sign * options.drive_difference / 2;
    network.populations.push_back({options.neurons, options.j_0 * drive, options.threshold, 1});
  }
  const Coupling within = mixed(options, options.p_exc), across = mixed(options, cross_share(options));
  network.couplings = {within, across, across, within};
  return network;
}

std::string mean_coupling_words(const Options& options) {
  return fmt::format("p_exc {} x j_exc {} - {} x j_inh {} = {:.3g}", options.p_exc, options.j_exc, 1 - options.p_exc,
                     options.j_inh, mixed(options, options.p_exc).mean());
}

double updates(const Options& options) {
  const double removal = options.removed_share > 0 ? options.warm_up : 0;
  const double steps = options.drive_step > 0 ? 2 * static_cast<double>(options.step_repeats) * options.step_length : 0;
  return (options.warm_up + removal + options.duration + steps) * network_of(options).update_rate();
}

double synapses(const Options& options) {
  const double populations = options.populations == Populations::one ? 1 : 2;
  return static_cast<double>(options.neurons) * populations * populations * static_cast<double>(options.inputs);
}

}  // namespace

Fields<Options> Options::fields() {
  const Range coupling{0, 1e3, true}, time{0, 1e6, true};
  Fields<Options> fields;
  fields
      .choice("populations", &Options::populations,
              {{"one", Populations::one}, {"two", Populations::two}, {"pools", Populations::pools}},
              "'one': every synapse has a sign of its own; 'two': excitatory and inhibitory neurons, Dale's law; "
              "'pools': two of 'one' that compete")
      .integer("neurons", &Options::neurons, {2, 1e6}, "neurons N of each population")
      .integer("inputs", &Options::inputs, {1, 30000}, "mean number K of synapses that a neuron has from a population")
      .number("drive", &Options::drive, {0, 10}, "external drive m0; a field takes sqrt(K) j_0 m0")
      .per_lane()
      .number("drive_difference", &Options::drive_difference, {-10, 10},
              "pools: drive of the first less that of the second")
      .per_lane();
  fields.number("j_0", &Options::j_0, coupling, "one, pools: coupling to the drive")
      .per_lane()
      .number("j_exc", &Options::j_exc, coupling, "one, pools: J+; an excitatory synapse has the weight J+/sqrt(K)")
      .per_lane()
      .number("j_inh", &Options::j_inh, coupling, "one, pools: J-; an inhibitory synapse has the weight -J-/sqrt(K)")
      .per_lane()
      .number("p_exc", &Options::p_exc, {0, 1}, "one, pools: share of excitatory synapses within a population")
      .per_lane()
      .number("cross_coupling", &Options::cross_coupling, {-1e3, 1e3},
              "pools: mean coupling between the pools; their share of excitatory synapses follows from it")
      .per_lane();
  fields.number("j_e0", &Options::j_e0, coupling, "two: coupling of the excitatory population to the drive")
      .per_lane()
      .number("j_i0", &Options::j_i0, coupling, "two: coupling of the inhibitory population to the drive")
      .per_lane()
      .number("j_e", &Options::j_e, coupling, "two: inhibition of the excitatory population; its excitation is 1")
      .per_lane()
      .number("j_i", &Options::j_i, coupling, "two: inhibition of the inhibitory population; its excitation is 1")
      .per_lane()
      .number("tau_i", &Options::tau_i, {0, 1e3, true}, "two: mean time between updates of an inhibitory neuron")
      .unit("tau");
  fields.number("threshold", &Options::threshold, {0, 1e3}, "field above which a neuron is active, without its inputs")
      .per_lane()
      .number("warm_up", &Options::warm_up, {0, 1e6},
              "time before anything is measured, and again after neurons are removed")
      .unit("tau")
      .number("duration", &Options::duration, time, "time over which rates are measured")
      .unit("tau")
      .number("window", &Options::window, time, "pools: time over which the activities of a decision are averaged")
      .unit("tau");
  fields
      .number("drive_step", &Options::drive_step, {0, 10}, "relative step of the drive, for the response time; 0: none")
      .integer("step_repeats", &Options::step_repeats, {1, 1e6}, "how many such steps are averaged")
      .number("step_length", &Options::step_length, {0.1, 1e6}, "time before and after each step")
      .unit("tau");
  return fields
      .number("drive_noise", &Options::drive_noise, {0, 1e3},
              "perturbation: standard deviation of the drive, relative to it, drawn anew at every update")
      .per_lane()
      .number("removed_share", &Options::removed_share, {0, 0.99},
              "perturbation: share of every population's neurons that is silenced after the warm-up")
      .per_lane();
}

Network network_of(const Options& options) {
  Network network;
  switch (options.populations) {
    case Populations::one:
      network.populations = {{options.neurons, options.j_0 * options.drive, options.threshold, 1}};
      network.couplings = {mixed(options, options.p_exc)};
      break;
    case Populations::two:
      network = two_populations(options);
      break;
    case Populations::pools:
      network = pools(options);
      break;
  }
  network.inputs = options.inputs;
  network.drive_noise = options.drive_noise;
  network.removed_share = options.removed_share;
  return network;
}

std::string refused(const Options& options) {
  if (options.inputs > options.neurons) {
    return fmt::format(
        "inputs {} is above neurons {} (a synapse exists with probability inputs/neurons, which is at most 1); set "
        "inputs to {} or less, or more neurons",
        options.inputs, options.neurons, options.neurons);
  }
  if (options.populations != Populations::pools) return "";
  if (const double share = cross_share(options); share < 0 || share > 1) {
    return fmt::format(
        "cross_coupling {} is outside [-j_inh, j_exc] = [{}, {}] (a mean of synapses of these weights lies between "
        "them); choose one within",
        options.cross_coupling, -options.j_inh, options.j_exc);
  }
  if (options.window > options.duration / 2) {
    return fmt::format(
        "window {} is longer than half the duration {} (each half is cut into windows, so no decision would be "
        "measured); set a longer duration or a shorter window",
        options.window, options.duration);
  }
  return "";
}

std::string warning(const Options& options) {
  const double largest =
      options.populations == Populations::two
          ? std::max(options.j_e0, options.j_i0) * options.drive
          : options.j_0 * (options.drive +
                           (options.populations == Populations::pools ? std::abs(options.drive_difference) / 2 : 0));
  if (const double field = std::sqrt(static_cast<double>(options.inputs)) * largest; field <= options.threshold) {
    return fmt::format(
        "the drive's field sqrt(inputs) x coupling x drive = {:.3g} is not above threshold {} (a network at rest stays "
        "at rest); raise drive, or lower threshold",
        field, options.threshold);
  }
  if (options.populations == Populations::two) {
    const double drives = options.j_e0 / options.j_i0, inhibitions = options.j_e / options.j_i;
    if (drives > inhibitions && inhibitions > 1) return "";
    return fmt::format(
        "j_e0/j_i0 = {:.3g} > j_e/j_i = {:.3g} > 1 does not hold (without it two populations have no balanced state in "
        "which both are active); change these couplings",
        drives, inhibitions);
  }
  if (mixed(options, options.p_exc).mean() >= 0) {
    return fmt::format(
        "the mean coupling {} is not negative (excitation outweighs inhibition, so the activity runs away); raise "
        "j_inh, or lower p_exc",
        mean_coupling_words(options));
  }
  if (options.populations != Populations::pools) return "";
  if (options.drive_difference == 0) {
    return "drive_difference 0 drives both pools alike (no decision is wrong then: decision_gain and error_rate are "
           "NaN); set another one to measure them";
  }
  const double apart = static_cast<double>(options.inputs) * options.j_0 * std::abs(options.drive_difference);
  if (std::remainder(options.j_inh, options.j_exc) == 0 && apart < options.j_exc) {
    return fmt::format(
        "inputs x j_0 x drive_difference = {:.3g} is less than j_exc {}, of which j_inh {} is a multiple (all sums of "
        "inputs are multiples of j_exc/sqrt(inputs), so both pools may respond alike); choose a j_inh between two "
        "multiples, more inputs, or a larger difference",
        apart, options.j_exc, options.j_inh);
  }
  return "";
}

double work(const Options& options) {
  constexpr double per_drawn_synapse = 400, per_update = 650, per_reached_synapse = 10, changing_share = 0.2;
  const double reached = changing_share * synapses(options) / static_cast<double>(network_of(options).neurons());
  return per_drawn_synapse * synapses(options) + updates(options) * (per_update + per_reached_synapse * reached);
}

double bytes(const Options& options) {
  const auto neurons = static_cast<double>(network_of(options).neurons());
  const double target = neurons > 65536 ? 4 : 2;
  return target * synapses(options) + 64 * neurons;
}

}  // namespace eigensweep::balanced
