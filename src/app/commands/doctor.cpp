// SPDX-License-Identifier: MIT
#include <memory>

#include "../command.hpp"
#include "eigensweep/catalog.hpp"
#include "eigensweep/sweep/job/bring_up.hpp"

namespace eigensweep::app {

void add_doctor(CLI::App& app, Action& action) {
  const auto options = std::make_shared<sweep::RunOptions>();
  CLI::App* command = app.add_subcommand("doctor", "check everything that a run needs, here or on every rank of a job");
  command->footer("Start it as the run would be started: srun eigensweep doctor study.json. It trains nothing.");
  command->add_option("study", options->study_file, "study file");
  command->add_option("--output", options->output, "where results would go (runs/<study name>)");
  command->add_option("--workers", options->placement.workers, "worker processes per rank")->check(CLI::Range(1, 4096));
  command->add_option("--device", options->placement.device, "auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  command->add_option("--threads", options->placement.threads, "CPU threads per worker")->check(CLI::Range(1, 4096));
  command->callback([options, &action] { action = [options] { return sweep::examine(*options, catalog()); }; });
}

}  // namespace eigensweep::app
