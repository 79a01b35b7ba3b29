// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/json.hpp"
#include "eigensweep/data/torch.hpp"

namespace eigensweep::worker {

/// What a person may ask of a worker without a supervisor.
struct ByHand {
  std::string task;           ///< task file
  std::string trace;          ///< JSON lines: {"step", "epoch", "loss", "task_loss", "penalty"}, lists over lanes
  std::string trace_weights;  ///< folder for step-000010-lane0.safetensors
  std::vector<std::int64_t> trace_steps;
};

/// Runs a task file; prints each record as a line of JSON.
ExitCode run_by_hand(const torch::Device& device, const ByHand& request);

/// Times training steps of the paper's network, 784-width-10, tanh, Adam with amsgrad, spectral penalty on the hidden
/// layer, on MNIST, all lanes on one batch. {"ms_per_step", "ms_per_model_and_step", "steps"}, medians, and
/// "ms_per_refresh": what the eigenvectors at the beginning of an epoch cost, the fastest of them. `products`: the
/// penalty's option.
Json bench_step(const torch::Device& device, std::int64_t width, std::int64_t batch, std::int64_t lanes,
                std::int64_t steps, const std::string& products);

}  // namespace eigensweep::worker
