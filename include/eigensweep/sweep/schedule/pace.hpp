// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

/// How often the ranks of a job look at what came in. The loops of rank 0 and of the others keep to it, and so does the
/// simulation of them.
namespace eigensweep::sweep {

/// A loop pauses so long after a turn in which something came in. Each quiet turn doubles the pause.
inline constexpr std::chrono::microseconds shortest_pause{200};
/// The longest pause of rank 0 among other ranks: an idle rank wakes up some hundred times a second.
inline constexpr std::chrono::microseconds longest_leader_pause{10000};
/// The longest pause of any other rank: 50 wake-ups a second, so an idle rank costs no core.
inline constexpr std::chrono::microseconds longest_follower_pause{20000};
/// The pause of a rank alone. The words of its own workers end the pause at once.
inline constexpr std::chrono::microseconds pause_alone{250000};
/// Messages about progress, of all ranks together, that reach rank 0.
inline constexpr double most_progress_per_second = 1000;

}  // namespace eigensweep::sweep
