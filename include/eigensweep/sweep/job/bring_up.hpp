// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/study/declare/kind.hpp"
#include "eigensweep/study/plan/device_profile.hpp"
#include "eigensweep/sweep/job/communicator.hpp"
#include "eigensweep/sweep/job/placement.hpp"
#include "eigensweep/sweep/job/run_options.hpp"
#include "eigensweep/wire/messages.hpp"

namespace eigensweep::sweep {

/// This rank's introduction. An error in placing its workers is stored in `problem`, and not thrown.
wire::Introduction introduce(const RunOptions& options, const Communicator& communicator, const Share& share);

/// On rank 0: waits for the introductions of all other ranks. Returns all, `own` included, by rank. Throws SystemError
/// when a message cannot be decoded, because its rank runs another build.
std::vector<wire::Introduction> gather_introductions(Communicator& communicator, wire::Introduction own);
/// The places of all ranks, sorted by rank and slot. Workers that share a GPU share its memory.
std::vector<wire::WorkerPlace> places_of(const std::vector<wire::Introduction>& ranks);
/// The least memory of all places, in bytes. Packs are made for it, so that any worker can run any pack. `places` must
/// not be empty.
double smallest_memory(const std::vector<wire::WorkerPlace>& places);
/// What packs are made for.
struct MadeFor {
  study::DeviceProfile profile = study::cpu_core;
  bool is_measured = false;  ///< else the profile is a stated one
  std::string device;        ///< the GPU's name, "GPU" if it is unknown; "" for CPUs

  /// For the records' provenance; null for CPUs.
  [[nodiscard]] Json told() const;
  /// For the log; "" for CPUs.
  [[nodiscard]] std::string words() const;
};

/// What packs are made for where these are the workers. Where their devices differ, it is the one that is filled with
/// the least work. `places` must not be empty.
MadeFor made_for(const std::vector<wire::WorkerPlace>& places);

/// What decided each rank's share of cores and memory, as {"cores" or "memory", line}. Equal lines appear once.
std::vector<std::pair<std::string, std::string>> decisions(const std::vector<wire::Introduction>& ranks);

/// The problems and warnings found before a run, each a line for the user.
struct Findings {
  std::vector<std::string> problems;  ///< the run would be wrong, or waste the allocation
  std::vector<std::string> warnings;  ///< the run would only be slower
};

/// Finds ranks with another build, another study or no workers; ranks without a GPU when others have one; several
/// workers on one GPU; GPUs of different kinds; limits that could not be read.
Findings compare(const std::vector<wire::Introduction>& ranks);

/// Writes, syncs and removes a small file. Returns the reason of a failure, or "". `folder` must exist.
std::string probe_folder(const std::filesystem::path& folder);

/// On rank 0: asks every other rank whether it sees the same folder as rank 0 and can write there. Returns the
/// problems. The folder must exist. Throws SystemError as gather_introductions() does.
std::vector<std::string> probe_everywhere(Communicator& communicator, const std::filesystem::path& folder);
/// On another rank: answers the probe. Waits up to 10 s for the file of rank 0 to appear.
wire::Probed answer_probe(const wire::Probe& question, const Communicator& communicator);

/// `eigensweep doctor`: checks on every rank what a run needs, and prints the result. Trains nothing and leaves no
/// files. Without a study file, the checks that need one are skipped. If a run would not start or would be wrong,
/// returns config for a wrong command line and system otherwise; else ok.
ExitCode examine(const RunOptions& options, const study::Catalog& catalog);

}  // namespace eigensweep::sweep
