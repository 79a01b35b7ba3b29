// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "eigensweep/balanced/network.hpp"

namespace eigensweep::balanced {

/// The probability that a standard normal number is above z.
double normal_tail(double z);

/// What the rates m [P] would be after an update of all neurons: Phi(u_k/sqrt(alpha_k)) with the mean field
/// u_k = sqrt(K) (drive_k + sum_l J_kl m_l) - threshold_k and its variance over neurons and time
/// alpha_k = sum_l (E[J_kl^2] - K/N_l E[J_kl]^2) m_l + K (drive_k drive_noise)^2, where m_l counts for the share of
/// neurons that is left. The second term of the sum: the number of active inputs is binomial, not Poisson.
std::vector<double> answered(const Network& network, const std::vector<double>& rates);

/// The rates of the mean field at the network's K: where its equations tau_k dm_k/dt = answered_k - m_k come to rest
/// from the rates `start` [P]. Where they never do (they may oscillate), a fixed point near the K->infinity rates; NaN
/// if there is none.
std::vector<double> mean_field_rates(const Network& network, const std::vector<double>& start);

/// The rates for K -> infinity: -J^-1 drive where all lie in [0, 1] and are no saddle, over the share of neurons left.
/// Of two populations that cannot balance together, one is silent and the other balances alone: the one with the
/// stronger drive. NaN where nothing balances.
std::vector<double> limit_rates(const Network& network);

}  // namespace eigensweep::balanced
