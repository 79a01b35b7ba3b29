// SPDX-License-Identifier: MIT
#include "batch_script.hpp"

#include <sstream>

#include "eigensweep/core/duration.hpp"
#include "eigensweep/core/error.hpp"

namespace eigensweep::app {

namespace {

std::string directives(const Resources& resources, const BatchCommand& command) {
  std::string text;
  const auto add = [&text](const std::string& option) { text += "#SBATCH " + option + "\n"; };
  add("--job-name=" + command.name);
  add(fmt::format("--nodes={}", resources.nodes));
  add(fmt::format("--ntasks-per-node={}", resources.tasks_per_node));
  add(fmt::format("--cpus-per-task={}", resources.cpus_per_task));
  if (resources.gpus_per_node > 0) add(fmt::format("--gpus-per-node={}", resources.gpus_per_node));
  add("--time=" + text::clock_duration(resources.time));
  if (!resources.partition.empty()) add("--partition=" + resources.partition);
  if (!resources.account.empty()) add("--account=" + resources.account);
  add("--output=" + command.log.string());
  for (const std::string& option : resources.more) add(option);
  return text;
}

}  // namespace

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string batch_script(const Resources& resources, const BatchCommand& command) {
  std::string script;
  std::istringstream lines(batch_template);
  bool has_directives = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#SBATCH ")) {
      if (!has_directives) script += directives(resources, command);
      has_directives = true;
      // What the template says of these is replaced; the rest (--signal, --requeue) is what makes it go on.
      bool is_replaced = false;
      for (const char* name : {"job-name", "nodes", "ntasks-per-node", "cpus-per-task", "time", "output"}) {
        is_replaced = is_replaced || line.starts_with(fmt::format("#SBATCH --{}=", name));
      }
      if (is_replaced) continue;
    }
    script += line + "\n";
    if (line != "set -euo pipefail") continue;
    script += fmt::format("EIGENSWEEP=${{EIGENSWEEP:-{}}}\n", quoted(command.program.string()));
    if (!command.site.empty()) {
      script += fmt::format("EIGENSWEEP_ENV=${{EIGENSWEEP_ENV:-{}}}\n", quoted(command.site.string()));
    }
    script += "[[ $# -ge 1 ]] || set --";
    for (const std::string& argument : command.arguments) script += " " + quoted(argument);
    script += "\n";
  }
  EIGENSWEEP_EXPECT(has_directives);
  return script;
}

}  // namespace eigensweep::app
