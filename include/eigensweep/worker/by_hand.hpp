// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/json.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/worker/run_pack.hpp"

namespace eigensweep::worker {

/// The options of a worker that a person starts, without a supervisor.
struct ByHand {
  std::string task;           ///< task file
  std::string trace;          ///< JSON lines: {"step", "epoch", "loss", "task_loss", "penalty"}, lists over lanes
  std::string trace_weights;  ///< folder for the weights after `trace_steps`: step-000010-lane0.safetensors
  std::vector<std::int64_t> trace_steps;
};

/// Runs a task file and prints each record as a line of JSON. Throws as run_pack() does.
ExitCode run_by_hand(const torch::Device& device, const ByHand& request);

/// Which training bench_step() times: the paper's network on MNIST, 784-width-10, tanh, Adam with amsgrad, spectral
/// penalty on the hidden layer, the same batch for all lanes, whose seeds are 0, 1, ...
struct StepBench {
  std::int64_t width = 0, batch = 0, lanes = 1;
  std::int64_t steps = 1;        ///< least number after the warm-up of three
  double seconds = 0;            ///< least time; up to four times as long where an epoch's end takes as long to reach
  std::int64_t block = 1;        ///< steps between two readings of the clock: a GPU is waited for at each
  Json change = Json::object();  ///< of the study, a JSON merge patch (RFC 7386)
};

/// From {"width", "batch", "lanes"} and what else differs from the defaults above. Throws nlohmann::json::exception.
StepBench step_bench(const Json& request);

/// Returns milliseconds for the whole pack: the median over blocks "ms_per_step" with its quartiles, the mean
/// "ms_per_step_mean" with all that epochs begin with, "ms_per_refresh", the least extra time of an epoch's first step
/// (it computes new eigenvectors) over so many "refreshes", and "ms_per_model_and_step". Throws ConfigError on a wrong
/// change, NumericalError when a lane diverges, and as run_pack() does.
Json bench_step(Session& session, const StepBench& asked);

/// Answers requests, lines of JSON on standard input, with a line on standard output each, until the input ends. Throws
/// as bench_step() does.
ExitCode bench_requests(Session& session);

}  // namespace eigensweep::worker
