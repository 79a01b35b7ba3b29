// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "eigensweep/balanced/network.hpp"
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::balanced {

/// One population whose synapses each have their own sign (Barranca, Bhuiyan, Sundgren and Xing 2022,
/// doi:10.3389/fnins.2022.801847); two with Dale's law (van Vreeswijk and Sompolinsky 1998); or two pools of the first
/// sort that compete.
enum class Populations { one, two, pools };

/// The options of the procedure `balanced_network`. Its times are in units of tau of the first population.
struct Options {
  Populations populations = Populations::one;
  std::int64_t neurons = 4000, inputs = 400;
  double drive = 0.1, drive_difference = 0.01;
  double j_0 = 0.8, j_exc = 1, j_inh = 2, p_exc = 0.4, cross_coupling = -0.56;
  double j_e0 = 1, j_i0 = 0.5, j_e = 1.6, j_i = 1.2, tau_i = 1;
  double threshold = 0.5;
  double warm_up = 20, duration = 200, window = 1;
  double drive_step = 0;
  std::int64_t step_repeats = 20;
  double step_length = 5;
  double drive_noise = 0, removed_share = 0;

  static study::Fields<Options> fields();
};

Network network_of(const Options& options);

/// Why these options are impossible, in one line, or "".
std::string refused(const Options& options);
/// What is legal and probably not meant, in one line, or "".
std::string warning(const Options& options);

/// For the cost model: operations of one trial, and bytes that it holds. Measured on one core, at the operations per
/// second that the cost model takes such a core for.
double work(const Options& options);
double bytes(const Options& options);

}  // namespace eigensweep::balanced
