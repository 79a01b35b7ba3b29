// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/study/declare/kind.hpp"
#include "eigensweep/sweep/job/communicator.hpp"
#include "eigensweep/sweep/job/placement.hpp"
#include "eigensweep/sweep/job/run_options.hpp"
#include "eigensweep/wire/messages.hpp"

namespace eigensweep::sweep {

wire::Introduction introduce(const RunOptions& options, const Communicator& communicator, const Share& share);

/// Rank 0: its own introduction and those of all others, by rank. Waits for them.
std::vector<wire::Introduction> gather_introductions(Communicator& communicator, wire::Introduction own);
std::vector<wire::WorkerPlace> places_of(const std::vector<wire::Introduction>& ranks);
/// Of at least one place: packs are made so that any worker may run any of them.
double smallest_memory(const std::vector<wire::WorkerPlace>& places);

/// What decided about cores and memory, a line for each machine and answer: {"cores" or "memory", line}.
std::vector<std::pair<std::string, std::string>> decisions(const std::vector<wire::Introduction>& ranks);

/// What is wrong with a start; each a line for the user.
struct Findings {
  std::vector<std::string> problems;  ///< the run would be wrong, or waste the allocation
  std::vector<std::string> warnings;  ///< it would only be slower
};

/// Ranks of different builds, with different studies, without workers; ranks without a GPU among ranks with one; two
/// workers on one GPU; GPUs of different kinds.
Findings compare(const std::vector<wire::Introduction>& ranks);

/// Writes, syncs and removes a small file. Returns why that fails, "" if it does not; `folder` must exist.
std::string probe_folder(const std::filesystem::path& folder);

/// Rank 0: asks every other rank whether it sees the folder that rank 0 sees and can write there; the answers that are
/// complaints. The folder must exist.
std::vector<std::string> probe_everywhere(Communicator& communicator, const std::filesystem::path& folder);
/// Another rank's answer to that question.
wire::Probed answer_probe(const wire::Probe& question, const Communicator& communicator);

/// Looks at everything that a run would need, on every rank, and prints what it finds; runs nothing and changes
/// nothing. Without a study file what depends on it is left out. Returns ok, or system when a run would not start.
ExitCode examine(const RunOptions& options, const study::Catalog& catalog);

}  // namespace eigensweep::sweep
