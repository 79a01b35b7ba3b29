// SPDX-License-Identifier: MIT
#include "eigensweep/balanced/options.hpp"

#include <catch2/catch.hpp>
#include <functional>

using namespace eigensweep::balanced;

namespace {

Options with(Populations populations, const std::function<void(Options&)>& change = {}) {
  Options options;
  options.populations = populations;
  if (change) change(options);
  return options;
}

}  // namespace

TEST_CASE("the usual options are refused nowhere and warn of nothing") {
  for (const Populations populations : {Populations::one, Populations::two, Populations::pools}) {
    CHECK(refused(with(populations)) == "");
    CHECK(warning(with(populations)) == "");
  }
}

TEST_CASE("the share of excitatory synapses between pools follows from their coupling") {
  const Network network = network_of(with(Populations::pools));
  CHECK(network.coupling(0, 0).mean() == Approx(-0.8));
  CHECK(network.coupling(0, 1).mean() == Approx(-0.56));
  CHECK(network.coupling(1, 0).share == Approx((-0.56 + 2) / 3));
  CHECK(network.populations[0].drive - network.populations[1].drive == Approx(0.8 * 0.01));
}

TEST_CASE("more inputs than neurons are refused") {
  CHECK(refused(with(Populations::two, [](Options& options) { options.neurons = 300; })) ==
        "inputs 400 is above neurons 300 (a synapse exists with probability inputs/neurons, which is at most 1); set "
        "inputs to 300 or less, or more neurons");
}

TEST_CASE("a cross coupling that no mixture of signs has is refused, of pools alone") {
  const auto beyond = [](double coupling) {
    return [coupling](Options& options) { options.cross_coupling = coupling; };
  };
  CHECK(refused(with(Populations::pools, beyond(-2.5))) ==
        "cross_coupling -2.5 is outside [-j_inh, j_exc] = [-2, 1] (a mean of synapses of these weights lies between "
        "them); choose one within");
  CHECK(refused(with(Populations::pools, beyond(1.5))) != "");
  CHECK(refused(with(Populations::pools, beyond(-2))) == "");
  CHECK(refused(with(Populations::one, beyond(-2.5))) == "");
}

TEST_CASE("windows longer than the measurement are refused, of pools alone") {
  const auto change = [](Options& options) {
    options.window = 30;
    options.duration = 40;
  };
  CHECK(refused(with(Populations::pools, change)) ==
        "window 30 is longer than half the duration 40 (each half is cut into windows, so no decision would be "
        "measured); set a longer duration or a shorter window");
  CHECK(refused(with(Populations::two, change)) == "");
}

TEST_CASE("a drive below threshold deserves a warning") {
  CHECK(warning(with(Populations::one, [](Options& options) { options.drive = 0.03; })) ==
        "the drive's field sqrt(inputs) x coupling x drive = 0.48 is not above threshold 0.5 (a network at rest stays "
        "at rest); raise drive, or lower threshold");
  CHECK(warning(with(Populations::two, [](Options& options) { options.drive = 0.03; })) == "");  // 0.6
}

TEST_CASE("couplings without a balanced state deserve a warning") {
  CHECK(warning(with(Populations::two, [](Options& options) { options.j_i = 1.7; })) ==
        "j_e0/j_i0 = 2 > j_e/j_i = 0.941 > 1 does not hold (without it two populations have no balanced state in which "
        "both are active); change these couplings");
  CHECK(warning(with(Populations::one, [](Options& options) { options.j_inh = 0.5; })) ==
        "the mean coupling p_exc 0.4 x j_exc 1 - 0.6 x j_inh 0.5 = 0.1 is not negative (excitation outweighs "
        "inhibition, so the activity runs away); raise j_inh, or lower p_exc");
}

TEST_CASE("pools that are driven alike deserve a warning") {
  CHECK(warning(with(Populations::pools, [](Options& options) { options.drive_difference = 0; })) ==
        "drive_difference 0 drives both pools alike (no decision is wrong then: decision_gain and error_rate are NaN); "
        "set another one to measure them");
}

TEST_CASE("a difference of drives that falls between two sums of inputs deserves a warning") {
  const auto finer = [](double j_inh) {
    return with(Populations::pools, [j_inh](Options& options) {
      options.inputs = 50;
      options.drive = 0.2;
      options.drive_difference = -0.02;
      options.j_inh = j_inh;
    });
  };
  CHECK(
      warning(finer(2)) ==
      "inputs x j_0 x drive_difference = 0.8 is less than j_exc 1, of which j_inh 2 is a multiple (all sums of inputs "
      "are multiples of j_exc/sqrt(inputs), so both pools may respond alike); choose a j_inh between two multiples, "
      "more inputs, or a larger difference");
  CHECK(warning(finer(2.2)) == "");
}

TEST_CASE("work and memory grow with what is simulated") {
  const Options usual = with(Populations::two);
  const auto more = [&](const std::function<void(Options&)>& change) { return with(Populations::two, change); };
  CHECK(work(more([](Options& options) { options.duration = 400; })) > 1.5 * work(usual));
  CHECK(work(more([](Options& options) { options.drive_step = 0.5; })) > 1.5 * work(usual));
  CHECK(work(more([](Options& options) { options.removed_share = 0.5; })) > 1.05 * work(usual));
  CHECK(work(with(Populations::one)) < 0.5 * work(usual));
  CHECK(bytes(usual) == Approx(2.0 * 8000 * 800 + 64 * 8000));
  CHECK(bytes(more([](Options& options) { options.neurons = 40000; })) > 4.0 * 80000 * 800);
}
