// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/wire/record.hpp"
#include "eigensweep/wire/task.hpp"
#include "eigensweep/worker/run_pack.hpp"

/// Packs that run on the CPU and on the pretended device, and what they answer.
namespace device_runs {

struct Run {
  eigensweep::worker::Ending ending{};
  std::vector<eigensweep::wire::Record> records;  ///< in the order in which they came
  std::int64_t steps = 0;                         ///< optimiser steps that this run made itself
};

/// Runs the task; each device keeps its datasets. `stop_after`: as many steps, then it is asked to stop; 0: never.
Run run(const eigensweep::wire::PackTask& task, const torch::Device& device, std::int64_t stop_after = 0);

/// All trials of the study as one pack that keeps its networks in `folder`.
eigensweep::wire::PackTask task_with_networks(const eigensweep::study::Study& study, const std::string& folder);

/// Checks that both runs answer the same: every record is ok, every number equal, and so is every network that is kept.
/// `tolerance`: how far two numbers of a column may lie apart, as a share of its largest; networks then may differ,
/// too.
void check_same(const std::vector<eigensweep::wire::Record>& records,
                const std::vector<eigensweep::wire::Record>& wanted, double tolerance = 0);

}  // namespace device_runs
