// SPDX-License-Identifier: MIT
#include "run_command.hpp"

#include "duration_option.hpp"
#include "eigensweep/catalog.hpp"
#include "eigensweep/results/write/results_file.hpp"
#include "positive_number.hpp"

namespace eigensweep::app {

void add_run_options(CLI::App& command, const std::shared_ptr<sweep::RunOptions>& options) {
  command.add_option("--workers", options->placement.workers, "worker processes per rank")->check(CLI::Range(1, 4096));
  command.add_option("--device", options->placement.device, "auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  command.add_option("--threads", options->placement.threads, "CPU threads per worker")->check(CLI::Range(1, 4096));
  command.add_option("--lanes", options->lanes, "most trials trained side by side (0: chosen by the cost model)");
  command
      .add_option_function<double>(
          "--hang-after",
          [options](const double& seconds) { options->patience.silence = std::chrono::duration<double>(seconds); },
          "seconds of silence after which a busy worker counts as hung (derived from the speed of such work in this "
          "run; half an hour for work that this run has not done yet)")
      ->check(positive_number());
  add_duration(
      command, "--rank-timeout", options->rank_timeout,
      "how long a rank of an MPI job may be silent, because it is stopped or its node hangs, before the run stops "
      "without it (10m)");
  add_duration(
      command, "--checkpoint-every", options->checkpoint_every,
      "how often a pack in training is saved, at the end of an epoch (5m): a killed run loses the work since then");
  add_duration(
      command, "--time-budget", options->time_budget,
      "how long the run may take, e.g. 2:00:00, 90m or 3600: it checkpoints and stops by itself before the end, "
      "with exit code 75 (in a SLURM job: until the job's end)");
  add_duration(command, "--time-margin", options->time_margin,
               "how long before that end workers are asked to stop (derived from how long they take to stop)");
}

std::vector<std::string> publish(const study::Study& study, const sweep::OutputPaths& paths) {
  std::vector<std::string> warnings;
  results::collect(paths.ledger(), paths.results(), study, catalog(), {{"written_by", "run"}}, &warnings);
  return warnings;
}

}  // namespace eigensweep::app
