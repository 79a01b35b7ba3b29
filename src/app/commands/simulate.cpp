// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/simulation.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>

#include "../command.hpp"
#include "../positive_number.hpp"
#include "eigensweep/catalog.hpp"
#include "eigensweep/core/here.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/plan/pack.hpp"
#include "eigensweep/sweep/run/measure.hpp"

namespace eigensweep::app {
namespace {

struct SimulateArguments {
  std::string study;
  sweep::SyntheticWork work;
  sweep::SimulationOptions options;
  double speed = 50;  // GFLOP/s, as `plan` assumes
  bool whole = false;
  bool measure = false;
  bool drive = false;
  std::string folder = ".";
  bool json = false;
};

std::string seconds_text(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.3g} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
  return seconds < 60 ? fmt::format("{:.3g} s", seconds) : text::duration(seconds);
}

std::string count(std::size_t number) { return text::thousands(static_cast<long long>(number)); }

Json to_json(const sweep::CoordinatorCosts& costs) {
  return {{"turn", costs.turn},     {"message", costs.message},   {"record", costs.record},  {"disk", costs.disk},
          {"append", costs.append}, {"dispatch", costs.dispatch}, {"latency", costs.latency}};
}

Json to_json(const SimulateArguments& given, const sweep::SimulationResult& result, std::size_t trials,
             double bytes_per_trial) {
  return {{"ranks", given.options.workers},
          {"trials", trials},
          {"packs", result.packs},
          {"makespan", result.makespan},
          {"bound", result.bound},
          {"utilisation", result.utilisation},
          {"load", result.load},
          {"mean_wait", result.mean_wait},
          {"wait_99", result.wait_99},
          {"longest_wait", result.longest_wait},
          {"dry_at", result.dry_at},
          {"tail_idle", result.tail_idle},
          {"tail_splits", result.tail_splits},
          {"records", result.records},
          {"appends", result.appends},
          {"bytes_per_trial", bytes_per_trial},
          {"costs", to_json(given.options.costs)}};
}

std::string table(const Json& all) {
  const auto number = [&](const char* name) { return all.at(name).get<double>(); };
  const auto whole = [&](const char* name) { return count(all.at(name).get<std::size_t>()); };
  const Json& costs = all.at("costs");
  const auto cost = [&](const char* name) { return seconds_text(costs.at(name).get<double>()); };
  std::string page = fmt::format("{} trials on {} workers, handed out as {} packs ({} cut for the tail)\n",
                                 whole("trials"), whole("ranks"), whole("packs"), whole("tail_splits"));
  page += fmt::format("costs:        message {}, record {}, append {} and {} a record, task {}, turn {}, latency {}\n",
                      cost("message"), cost("record"), cost("append"), cost("disk"), cost("dispatch"), cost("turn"),
                      cost("latency"));
  page += fmt::format("makespan:     {} ({:.3f} of the bound for whole packs, {})\n", seconds_text(number("makespan")),
                      number("makespan") / std::max(number("bound"), 1e-300), seconds_text(number("bound")));
  page += fmt::format("utilisation:  {:.2f} %\n", 100 * number("utilisation"));
  page += fmt::format("coordinator:  busy {:.1f} % of the time; {:.0f} records/s in {} appends\n", 100 * number("load"),
                      number("records") / std::max(number("makespan"), 1e-300), whole("appends"));
  page += fmt::format("next pack:    after {} in the mean, {} at 99 %, {} at most\n", seconds_text(number("mean_wait")),
                      seconds_text(number("wait_99")), seconds_text(number("longest_wait")));
  page += fmt::format(
      "tail:         {} from the last pack handed out to the end, in which workers idle {:.2f} % of all "
      "workers' time\n",
      seconds_text(number("makespan") - number("dry_at")),
      100 * number("tail_idle") / std::max(number("makespan") * number("ranks"), 1e-300));
  page += fmt::format("memory:       {:.0f} bytes a trial\n", number("bytes_per_trial"));
  return page;
}

/// Measures the real coordinator and prints its rates beside the predicted ones, per second of wall time and of CPU
/// time.
ExitCode drive(const SimulateArguments& given) {
  const sweep::CoordinatorCosts costs = sweep::measure_costs(given.folder);
  std::cout << fmt::format("{:>9} {:>10} {:>10} {:>10} {:>10} {:>16} {:>10}\n", "together", "packs/s", "records/s",
                           "foreseen", "appends/s", "records/s of CPU", "foreseen");
  constexpr std::size_t packs = 2048;
  for (const std::size_t together : {1, 4, 16, 64, 256}) {
    const sweep::DriveResult result =
        sweep::drive_coordinator(given.folder, together == 1 ? packs / 8 : packs, together);
    const auto records = static_cast<double>(result.records);
    const auto decisions = static_cast<double>(result.decisions);
    const auto appends = static_cast<double>(result.appends);
    const double processor = records * costs.record + decisions * costs.dispatch;
    std::cout << fmt::format("{:>9} {:>10.0f} {:>10.0f} {:>10.0f} {:>10.1f} {:>16.0f} {:>10.0f}\n", together,
                             decisions / result.seconds, records / result.seconds,
                             records / (processor + records * costs.disk + appends * costs.append),
                             appends / result.seconds, records / result.processor_seconds, records / processor);
  }
  return ExitCode::ok;
}

ExitCode run(SimulateArguments& given) {
  if (given.drive) return drive(given);
  if (given.measure) given.options.costs = sweep::measure_costs(given.folder);
  given.options.splits_tail = !given.whole;
  const double before = peak_resident_bytes();
  std::size_t trials = given.work.trials;
  std::optional<study::Study> study;
  std::vector<study::Pack> packs;
  if (given.study.empty()) {
    packs = sweep::synthetic_packs(given.work, given.options.workers);
  } else {
    study = study::read_study(given.study, catalog());
    trials = study->trials.size();
    study::PackLimits limits;
    limits.workers = given.options.workers;
    packs = study::form_packs(*study, catalog(), {}, limits);
    given.options.flops_per_second = given.speed * 1e9;
  }
  sweep::SimulationResult result = sweep::simulate(std::move(packs), given.options);
  const double grown = std::max(0.0, peak_resident_bytes() - before);
  const Json all = to_json(given, result, trials, grown / static_cast<double>(std::max<std::size_t>(trials, 1)));
  std::cout << (given.json ? json_text(all, 2) + "\n" : table(all));
  return ExitCode::ok;
}

}  // namespace

void add_simulate(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("simulate", "simulate a run on many workers in virtual time, and print its time and load");
  command->footer(
      "With a study file its own packs are handed out, else --trials trials of shapes that cost from 1 to --range.\n"
      "The coordinator and its schedule are the real ones; workers, messages and the ledger cost what the options "
      "say.");
  const auto given = std::make_shared<SimulateArguments>();
  const auto positive = CLI::Range(std::size_t{1}, std::size_t{100000000});
  sweep::SimulationOptions& options = given->options;
  sweep::CoordinatorCosts& costs = options.costs;
  command->add_option("study", given->study, "study file whose packs are handed out");
  options.workers = 4096;
  given->work.trials = 1000000;
  command->add_option("--ranks", options.workers, "workers, one per rank")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000000}))
      ->capture_default_str();
  command->add_option("--trials", given->work.trials, "trials, without a study")
      ->check(positive)
      ->capture_default_str();
  command->add_option("--seconds-per-trial", given->work.seconds_per_trial, "mean time of a trial within its pack")
      ->check(positive_number())
      ->capture_default_str();
  command->add_option("--range", given->work.range, "time of the most expensive trial over that of the cheapest")
      ->check(CLI::Range(1.0, 1e6))
      ->capture_default_str();
  command->add_option("--lanes", given->work.most_lanes, "most trials in a pack")
      ->check(positive)
      ->capture_default_str();
  command->add_option("--overhead", given->work.overhead, "what a pack costs beside its trials, in trials")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--evaluations", given->work.evaluations, "evaluations per trial, each a record")
      ->check(CLI::Range(std::size_t{0}, std::size_t{10000}))
      ->capture_default_str();
  command->add_option("--speed", given->speed, "GFLOP/s of one worker, with a study")
      ->check(positive_number())
      ->capture_default_str();
  command->add_option("--spread", options.spread, "by how much packs miss their predicted time: 0.1 is about 10 %")
      ->check(CLI::Range(0.0, 3.0))
      ->capture_default_str();
  command->add_option("--message-cost", costs.message, "seconds rank 0 takes for a message")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--record-cost", costs.record, "seconds for a record, beside its message")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--disk-cost", costs.disk, "seconds that each record adds to an append")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--ledger-cost", costs.append, "seconds of one append, synced")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--task-cost", costs.dispatch, "seconds to hand out a pack")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      ->add_option("--progress-rate", costs.progress_per_second, "messages a second about each busy worker's progress")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_flag("--measure", given->measure, "measure these costs here first, with a ledger in --folder");
  command->add_option("--folder", given->folder, "where --measure writes; choose the file system of the output")
      ->capture_default_str();
  command->add_flag(
      "--drive", given->drive,
      "drive the real coordinator and a ledger in --folder instead, without workers, and print their rates");
  command->add_flag("--whole", given->whole, "split no pack near the end of the run");
  command->add_option("--seed", options.seed, "seed of the random times of packs")->capture_default_str();
  command->add_flag("--json", given->json, "for programs");
  command->callback([given, &action] { action = [given] { return run(*given); }; });
}

}  // namespace eigensweep::app
