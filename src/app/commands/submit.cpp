// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

#include "../batch_script.hpp"
#include "../command.hpp"
#include "../duration_option.hpp"
#include "../parse_error.hpp"
#include "../positive_number.hpp"
#include "eigensweep/catalog.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/plan/pack.hpp"
#include "eigensweep/sweep/folder/known.hpp"
#include "eigensweep/sweep/folder/ownership.hpp"

namespace eigensweep::app {
namespace {

constexpr double shortest_time = 180;  // seconds: SLURM's warning comes one to two minutes before the end

struct Submission {
  std::filesystem::path study;
  std::filesystem::path output;
  std::optional<std::size_t> nodes, tasks_per_node, cpus_per_task;
  std::size_t gpus_per_node = 0;
  std::optional<double> time;
  std::string partition, account;
  std::vector<std::string> more;
  std::filesystem::path site;
  std::optional<double> speed;  // GFLOP/s of a worker
  std::vector<std::string> run_options;
  bool dry_run = false;
};

struct Answer {
  int status = -1;
  std::string text;
};

Answer ask(const std::string& command) {
  Answer answer;
  FILE* stream = ::popen(command.c_str(), "r");
  if (stream == nullptr) return answer;
  std::array<char, 256> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), stream) != nullptr) answer.text += buffer.data();
  const int status = ::pclose(stream);
  answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  while (!answer.text.empty() && (answer.text.back() == '\n' || answer.text.back() == ' ')) answer.text.pop_back();
  return answer;
}

/// Cores of the smallest node that the job may get; cores of this machine if sinfo does not tell.
std::size_t cores_of_a_node(const std::string& partition) {
  const std::string where = partition.empty() ? "" : " -p " + text::shell_quote(partition);
  std::istringstream counts(ask("timeout 20 sinfo -h -N -o %c" + where + " 2>/dev/null").text);
  std::size_t smallest = 0;
  for (std::size_t count = 0; counts >> count;) smallest = smallest == 0 ? count : std::min(smallest, count);
  return smallest > 0 ? smallest : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

/// The plan of the work that is left, for a number of workers.
class Planner {
 public:
  Planner(const study::Study& study, study::Done done, const study::DeviceProfile& device, double flops_per_second)
      : study_(study), done_(std::move(done)), device_(device), flops_per_second_(flops_per_second) {}

  [[nodiscard]] Json plan(std::size_t workers) const {
    study::PackLimits limits;
    limits.workers = workers;
    limits.device = device_;
    limits.memory = device_.memory;
    return study::plan(study_, catalog(), done_, limits, flops_per_second_);
  }
  [[nodiscard]] double seconds(std::size_t workers) const { return plan(workers).at("seconds").get<double>(); }
  [[nodiscard]] std::size_t packs(std::size_t workers) const { return plan(workers).at("packs").get<std::size_t>(); }

 private:
  const study::Study& study_;
  study::Done done_;
  study::DeviceProfile device_;
  double flops_per_second_;
};

/// The plan decides what the user does not set. Workers: one for each GPU or core of a node, but not more than packs.
/// Nodes: as few as finish within the given time. Time: 1.5 times the planned time and ten minutes, at most a day,
/// because the job requeues itself.
Resources resources_for(const Submission& asked, const Planner& planner, std::size_t cores) {
  constexpr double most_time = 86400;
  constexpr double use_of_time = 0.8;
  constexpr double start_up = 600;
  Resources made;
  made.gpus_per_node = asked.gpus_per_node;
  made.partition = asked.partition;
  made.account = asked.account;
  made.more = asked.more;
  made.tasks_per_node = asked.tasks_per_node.value_or(asked.gpus_per_node > 0 ? asked.gpus_per_node : cores);
  made.nodes = asked.nodes.value_or(1);
  if (!asked.nodes && asked.time) {
    while (planner.seconds(made.nodes * made.tasks_per_node) > use_of_time * *asked.time &&
           planner.packs((made.nodes + 1) * made.tasks_per_node) > made.nodes * made.tasks_per_node) {
      ++made.nodes;
    }
  }
  if (!asked.tasks_per_node && asked.gpus_per_node == 0) {
    const std::size_t packs = planner.packs(made.nodes * made.tasks_per_node);
    made.tasks_per_node = std::clamp<std::size_t>((packs + made.nodes - 1) / made.nodes, 1, made.tasks_per_node);
  }
  made.cpus_per_task = asked.cpus_per_task.value_or(std::max<std::size_t>(1, cores / made.tasks_per_node));
  const double seconds = planner.seconds(made.nodes * made.tasks_per_node);
  made.time = asked.time.value_or(std::min(most_time, 600 * std::ceil((1.5 * seconds + start_up) / 600)));
  return made;
}

std::filesystem::path absolute_path(const std::filesystem::path& path) {
  return std::filesystem::absolute(path).lexically_normal();
}

/// Parses the options of `eigensweep run` as that command does, so that a wrong option is refused before the job waits
/// in the queue.
void check_run_options(const Submission& asked) {
  CLI::App app;
  Action unused;
  add_run(app, unused);
  // CLI11 expects words in reverse order.
  std::vector<std::string> words(asked.run_options.rbegin(), asked.run_options.rend());
  words.push_back(asked.study.string());
  words.emplace_back("run");
  std::string complaint;
  try {
    app.parse(words);
    if (app.get_subcommand("run")->count("--output") > 0) {
      complaint = "--output is set by submit; give it before the --";
    }
  } catch (const CLI::ParseError& error) {
    complaint = (error.get_exit_code() == 0 ? "--help starts no run" : words_of(app, error)) +
                std::string("; run 'eigensweep run --help'");
  }
  if (!complaint.empty()) throw ConfigError(fmt::format("options after --: {}", complaint));
}

ExitCode submit(const Submission& asked) {
  check_run_options(asked);
  const study::Study study = study::read_study(asked.study, catalog());
  if (!asked.site.empty() && !std::filesystem::is_regular_file(asked.site)) {
    throw ConfigError(
        fmt::format("--env: '{}' is no file; give the path of one, e.g. slurm/env/generic.sh", asked.site.string()));
  }
  const sweep::OutputPaths paths(asked.output.empty() ? std::filesystem::path("runs") / study.name : asked.output);
  sweep::check_ownership(paths, asked.study);
  if (const auto holder = sweep::lock_holder(paths)) {
    throw SystemError(fmt::format(
        "{}: a run writes here (process {} on {}, since {}); wait for it, stop it, or choose another --output",
        paths.folder().string(), holder->pid, holder->host, holder->since));
  }
  const bool has_gpus = asked.gpus_per_node > 0;
  const study::DeviceProfile& device = has_gpus ? study::stated_gpu : study::cpu_core;
  const double speed = asked.speed.value_or(device.flops_per_second / 1e9);
  const sweep::Known known = std::filesystem::exists(paths.ledger()) ? sweep::read_known(study, paths) : sweep::Known{};
  const Planner planner(study, known.done, device, speed * 1e9);
  const Resources resources = resources_for(asked, planner, cores_of_a_node(asked.partition));
  const std::size_t workers = resources.nodes * resources.tasks_per_node;
  const Json plan = planner.plan(workers);
  if (plan.at("packs") == 0) {
    std::cout << fmt::format("{}: nothing is left to do; {}\n", study.name, paths.results().string());
    return ExitCode::ok;
  }
  BatchCommand command;
  command.name = study.name;
  command.program = std::filesystem::read_symlink("/proc/self/exe");
  command.site = asked.site.empty() ? asked.site : absolute_path(asked.site);
  command.folder = paths.folder();
  command.arguments = {absolute_path(asked.study).string(), "--output", paths.folder().string()};
  command.arguments.insert(command.arguments.end(), asked.run_options.begin(), asked.run_options.end());
  const std::string script = batch_script(resources, command);
  const std::string summary = fmt::format(
      "{}: {} trials in {} packs are left: about {} on {} worker{}, at an assumed {} GFLOP/s each{} (--speed)\n"
      "{} node{} of {} task{} with {} core{}{}, for {}\n",
      study.name, plan.at("trials_to_train").get<std::size_t>() + plan.at("trials_to_evaluate").get<std::size_t>(),
      plan.at("packs").get<std::size_t>(), text::duration(plan.at("seconds").get<double>()), workers,
      workers == 1 ? "" : "s", text::number(speed),
      has_gpus ? ", with the fixed costs of a stated GPU that no GPU has confirmed" : "", resources.nodes,
      resources.nodes == 1 ? "" : "s", resources.tasks_per_node, resources.tasks_per_node == 1 ? "" : "s",
      resources.cpus_per_task, resources.cpus_per_task == 1 ? "" : "s",
      has_gpus ? fmt::format(", {} GPUs", asked.gpus_per_node) : "", text::clock_duration(resources.time));
  if (asked.dry_run) {
    std::cerr << summary;
    std::cout << script << std::flush;
    return ExitCode::ok;
  }
  if (ask("command -v sbatch").status != 0) {
    throw SystemError(
        "sbatch: is not on the PATH (jobs are submitted with it); log in to the cluster, load its SLURM module, or see "
        "the script with --dry-run");
  }
  file::make_folder(paths.folder());
  sweep::mark_as_ours(paths);
  const std::filesystem::path file = paths.folder() / "job.sbatch";
  file::write_atomically(file, script);
  const Answer answer = ask("sbatch --parsable " + text::shell_path(file) + " 2>&1");
  // Warnings come before the job id, which is "17;cluster" if there are several clusters.
  const std::string last = answer.text.substr(answer.text.find_last_of('\n') + 1);
  const std::string job = last.substr(0, last.find(';'));
  if (answer.status != 0 || job.empty() || job.find_first_not_of("0123456789") != std::string::npos) {
    throw SystemError(fmt::format("sbatch: refused the job: {}; change what it did not like, or {} by hand",
                                  text::first_line(answer.text), file.string()));
  }
  std::cout << summary
            << fmt::format(
                   "job {} is submitted; it goes on by itself until nothing is left\n"
                   "  how far it is   eigensweep status {}\n"
                   "  what it says    {}\n"
                   "  its place       squeue -j {}\n"
                   "  to stop it      scancel {}; sbatch {} continues\n",
                   job, text::shell_path(paths.folder()), (paths.folder() / ("job-" + job + ".log")).string(), job, job,
                   text::shell_path(file));
  return ExitCode::ok;
}

}  // namespace

void add_submit(CLI::App& app, Action& action) {
  const auto given = std::make_shared<Submission>();
  CLI::App* command = app.add_subcommand("submit", "write a SLURM job for a study and submit it");
  command->footer(
      "What is not given is taken from the plan and from what sinfo says of the partition. Options of `eigensweep run` "
      "come last, after --:\neigensweep submit study.json --nodes 4 --gpus-per-node 4 --time 2:00:00 -- --lanes 8");
  command->add_option("study", given->study, "study file")->required();
  command->add_option("run-options", given->run_options, "options of `eigensweep run`, after --");
  command->add_option("--output", given->output, "where results.h5 and everything else goes (runs/<study name>)");
  const auto count = CLI::Range(std::size_t{1}, std::size_t{100000});
  command->add_option("--nodes", given->nodes, "nodes (as few as finish in --time)")->check(count);
  command->add_option("--ntasks-per-node", given->tasks_per_node, "workers per node (one per GPU, or per core)")
      ->check(count);
  command->add_option("--cpus-per-task", given->cpus_per_task, "cores per worker (all, shared out)")->check(count);
  command->add_option("--gpus-per-node", given->gpus_per_node, "GPUs per node (none)")->check(count);
  add_duration(*command, "--time", given->time, "time limit of one allocation, e.g. 2:00:00 or 90m (from the plan)")
      ->check([](const std::string& text) {
        if (text.find_first_not_of("0123456789.") == std::string::npos) {
          return fmt::format("'{}' has no unit (sbatch would read minutes); write {}m or 1:00:00", text, text);
        }
        return text::parse_duration(text).value_or(shortest_time) < shortest_time
                   ? fmt::format(
                         "'{}' is too short: SLURM's warning comes up to two minutes before the end; give "
                         "three minutes at least",
                         text)
                   : std::string();
      });
  command->add_option("--partition", given->partition, "partition");
  command->add_option("--account", given->account, "account");
  command
      ->add_option("--sbatch", given->more, "further option of sbatch, e.g. --sbatch=--constraint=gpu; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--env", given->site, "file of the site's modules and options of srun (slurm/env/)");
  command->add_option("--speed", given->speed, "GFLOP/s of one worker, for the plan (50; 45000 with GPUs)")
      ->check(positive_number());
  command->add_flag("--dry-run", given->dry_run, "print the script and submit nothing");
  command->callback([given, &action] { action = [given] { return submit(*given); }; });
}

}  // namespace eigensweep::app
