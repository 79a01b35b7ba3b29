// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/json.hpp"
#include "eigensweep/data/torch.hpp"

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

/// Times training steps of the paper's network on MNIST: 784-width-10, tanh, Adam with amsgrad, spectral penalty on the
/// hidden layer, the same batch for all lanes. Returns milliseconds, among them the medians "ms_per_step" and
/// "ms_per_model_and_step", and "ms_per_refresh", the least extra time of a step that computes new eigenvectors (the
/// first of an epoch). `products`: an option of the penalty.
Json bench_step(const torch::Device& device, std::int64_t width, std::int64_t batch, std::int64_t lanes,
                std::int64_t steps, const std::string& products);

}  // namespace eigensweep::worker
