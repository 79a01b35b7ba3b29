// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/run/run.hpp"

#include <memory>

#include "../command.hpp"
#include "../run_command.hpp"
#include "eigensweep/catalog.hpp"
#include "eigensweep/core/file.hpp"

namespace eigensweep::app {
void add_run(CLI::App& app, Action& action) {
  const auto options = std::make_shared<sweep::RunOptions>();
  CLI::App* command = app.add_subcommand("run", "train, attack and measure everything a study asks for");
  command->footer(
      "Continues where an earlier run stopped. Starts one worker per GPU, or per core, by itself; under mpirun or srun "
      "one per rank.\nExit codes: 0 all done; 1 a trial failed; 2 wrong study or command line; 3 broken data; 4 the "
      "system refused;\n75 stopped with work left.");
  command->add_option("study", options->study_file, "study file")->required();
  command->add_option("--output", options->output, "where results.h5 and everything else goes (runs/<study name>)");
  add_run_options(*command, options);
  const auto done_file = std::make_shared<std::string>();
  command->add_option("--done-file", *done_file,
                      "an empty file that is written where the exit code is 0: proof for batch scripts, because srun "
                      "may return 0 although no rank has started");
  command->callback([options, done_file, &action] {
    action = [options, done_file] {
      const ExitCode code = sweep::run(*options, catalog(), publish);
      if (code == ExitCode::ok && !done_file->empty()) file::write_to(*done_file, "");
      return code;
    };
  });
}

}  // namespace eigensweep::app
