// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

/// How often the ranks of a job poll for messages. The loops of rank 0 and of the other ranks use these values, and so
/// does the simulation.
namespace eigensweep::sweep {

/// The pause of a loop after a turn with a message. Each turn without one doubles the pause.
inline constexpr std::chrono::microseconds shortest_pause{200};
/// The longest pause of rank 0 in a job of several ranks: about 100 wake-ups a second when idle.
inline constexpr std::chrono::microseconds longest_leader_pause{10000};
/// The longest pause of any other rank: 50 wake-ups a second, so that an idle rank uses almost no CPU time.
inline constexpr std::chrono::microseconds longest_follower_pause{20000};
/// The pause of a job of one rank. A message of its own workers ends the pause at once.
inline constexpr std::chrono::microseconds pause_alone{250000};
/// Most progress messages per second that all ranks together send to rank 0, beside the first of each evaluation.
inline constexpr double most_progress_per_second = 1000;

}  // namespace eigensweep::sweep
