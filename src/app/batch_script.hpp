// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace eigensweep::app {

/// slurm/eigensweep.sbatch, as the build read it.
extern const char* const batch_template;

/// What a job asks of SLURM. The site's defaults hold for empty members.
struct Resources {
  std::size_t nodes = 1;
  std::size_t tasks_per_node = 1;
  std::size_t cpus_per_task = 1;
  std::size_t gpus_per_node = 0;
  double time = 0;  ///< seconds
  std::string partition;
  std::string account;
  std::vector<std::string> more;  ///< further options of sbatch, e.g. "--constraint=gpu"
};

/// What a job runs. All paths absolute: the script may be submitted again from anywhere.
struct BatchCommand {
  std::string name;  ///< of the job
  std::filesystem::path program;
  std::filesystem::path site;          ///< the file for EIGENSWEEP_ENV, or ""
  std::filesystem::path folder;        ///< where the log goes
  std::vector<std::string> arguments;  ///< of `eigensweep run`
};

/// slurm/eigensweep.sbatch with these resources and this command. Arguments and variables that the script itself gets
/// take precedence.
/// Throws ConfigError if sbatch cannot read the log's name.
std::string batch_script(const Resources& resources, const BatchCommand& command);

}  // namespace eigensweep::app
