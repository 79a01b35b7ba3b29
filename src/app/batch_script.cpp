// SPDX-License-Identifier: MIT
#include "batch_script.hpp"

#include <sstream>

#include "eigensweep/core/duration.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::app {

namespace {

/// A value in a line of #SBATCH, as sbatch reads it: a blank ends an option, # begins a comment, quotes group, a
/// backslash takes the next character as it is.
std::string directive_value(const std::string& value) {
  if (value.find_first_of(" #'\"\\") == std::string::npos) return value;
  std::string text = "\"";
  for (const char c : value) text += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return text + "\"";
}

/// The log's name as a pattern of SLURM, where % begins a replacement and %% stands for it.
std::string log_pattern(const std::filesystem::path& folder) {
  std::string pattern;
  for (const char c : folder.string()) {
    if (c == '\\') {
      throw ConfigError(fmt::format(
          "--output: '{}' holds a backslash (SLURM drops it from the name of a job's log); rename the folder",
          folder.string()));
    }
    pattern += c == '%' ? std::string("%%") : std::string(1, c);
  }
  return pattern + "/job-%j.log";
}

std::string directives(const Resources& resources, const BatchCommand& command) {
  std::string text;
  const auto add = [&text](const std::string& option) { text += "#SBATCH " + option + "\n"; };
  add("--job-name=" + command.name);
  add(fmt::format("--nodes={}", resources.nodes));
  add(fmt::format("--ntasks-per-node={}", resources.tasks_per_node));
  add(fmt::format("--cpus-per-task={}", resources.cpus_per_task));
  if (resources.gpus_per_node > 0) add(fmt::format("--gpus-per-node={}", resources.gpus_per_node));
  add("--time=" + text::clock_duration(resources.time));
  if (!resources.partition.empty()) add("--partition=" + directive_value(resources.partition));
  if (!resources.account.empty()) add("--account=" + directive_value(resources.account));
  add("--output=" + directive_value(log_pattern(command.folder)));
  for (const std::string& option : resources.more) add(option);
  return text;
}

}  // namespace

std::string batch_script(const Resources& resources, const BatchCommand& command) {
  std::string script;
  std::istringstream lines(batch_template);
  bool has_directives = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#SBATCH ")) {
      if (!has_directives) script += directives(resources, command);
      has_directives = true;
      // The template's values of these are replaced. Its other options (--signal, --requeue) let the job continue.
      bool is_replaced = false;
      for (const char* name : {"job-name", "nodes", "ntasks-per-node", "cpus-per-task", "time", "output"}) {
        is_replaced = is_replaced || line.starts_with(fmt::format("#SBATCH --{}=", name));
      }
      if (is_replaced) continue;
    }
    script += line + "\n";
    if (line != "set -euo pipefail") continue;
    script += fmt::format("EIGENSWEEP=${{EIGENSWEEP:-{}}}\n", text::shell_quote(command.program.string()));
    if (!command.site.empty()) {
      script += fmt::format("EIGENSWEEP_ENV=${{EIGENSWEEP_ENV:-{}}}\n", text::shell_quote(command.site.string()));
    }
    script += "[[ $# -ge 1 ]] || set --";
    for (const std::string& argument : command.arguments) script += " " + text::shell_quote(argument);
    script += "\n";
  }
  EIGENSWEEP_EXPECT(has_directives);
  return script;
}

}  // namespace eigensweep::app
