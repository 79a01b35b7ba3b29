// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "../command.hpp"
#include "../positive_number.hpp"
#include "eigensweep/catalog.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/plan/pack.hpp"
#include "eigensweep/sweep/folder/known.hpp"
#include "eigensweep/sweep/job/placement.hpp"

namespace eigensweep::app {
namespace {

struct PlanArguments {
  std::string file;
  std::string diff;
  bool json = false;
  std::size_t workers = 1;
  std::string device;
  std::optional<double> speed;  // GFLOP/s
  bool measure = false;
  std::optional<double> memory;  // GB
};

// What an earlier run of the study finished; `place` is its folder or a file in it.
study::Done done_in(const study::Study& study, const std::filesystem::path& place) {
  const std::filesystem::path folder = std::filesystem::is_directory(place) ? place : place.parent_path();
  const sweep::OutputPaths paths(folder);
  if (!std::filesystem::exists(paths.ledger())) {
    throw DataError(fmt::format("{}: no ledger of a run lies there; give the run's output folder", place.string()));
  }
  return sweep::read_known(study, paths).done;
}

// Operations a second of a worker here. Packs for a GPU are then made for that one, as in a run.
double measured(const std::string& device, study::PackLimits& limits) {
  const sweep::MeasuredDevice found = sweep::measure_device(sweep::find_worker(), device);
  if (device == "cuda") {
    limits.device = study::measured_gpu(found.speed.flops_per_second, found.speed.seconds_per_operation);
    if (found.memory > 0) limits.memory = found.memory;
  }
  return found.speed.flops_per_second;
}

std::string count(const Json& number) { return text::thousands(number.get<long long>()); }

std::string values_words(const Json& values) {
  constexpr std::size_t shown = 8;
  std::string words;
  for (std::size_t i = 0; i < values.size() && i < shown; ++i) {
    const Json& value = values[i];
    words += (i == 0 ? "" : ", ") + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  words = text::one_line(words);
  return values.size() > shown ? fmt::format("{}, ... ({} values)", words, values.size()) : words;
}

std::string table(const Json& plan, bool is_diff) {
  std::string page = fmt::format("{}: {} trials, {} cells, {} points\n", plan.at("study").get<std::string>(),
                                 count(plan.at("trials")), count(plan.at("cells")), count(plan.at("points")));
  for (const Json& axis : plan.at("axes")) {
    page += fmt::format("  {:<20} {:<11} {}\n", axis.at("name").get<std::string>(), axis.at("role").get<std::string>(),
                        values_words(axis.at("values")));
  }
  if (is_diff) {
    page += fmt::format("{} trials: {} done, {} to train, {} to evaluate\n", count(plan.at("trials")),
                        count(plan.at("trials_done")), count(plan.at("trials_to_train")),
                        count(plan.at("trials_to_evaluate")));
  }
  if (plan.contains("device")) {
    page += plan.contains("measured")
                ? std::string("device: this machine's first GPU\n")
                : fmt::format(
                      "device: a stated GPU of {} TFLOP/s with {} GB for packs (estimates: no GPU confirmed them)\n",
                      text::number(study::stated_gpu.flops_per_second / 1e12),
                      text::number(study::stated_gpu.memory / 1e9));
  }
  page += fmt::format("work:   {} in {} packs of up to {} trials side by side\n", text::flops(plan.at("flops")),
                      count(plan.at("packs")), count(plan.at("lanes_of_largest_pack")));
  page += fmt::format("memory: {} for the largest pack, of packs for workers with {} (--memory)\n",
                      text::bytes(plan.at("bytes_of_largest_pack")), text::bytes(plan.at("bytes_of_worker")));
  const bool is_one = plan.at("workers") == 1;
  const double speed = plan.at("flops_per_second").get<double>() / 1e9;
  page += fmt::format(
      "time:   about {} on {} {}{}, at {} GFLOP/s each ({}, --workers)\n", text::duration(plan.at("seconds")),
      count(plan.at("workers")), is_one ? "worker" : "workers",
      plan.contains("threads") ? fmt::format(" of one thread{}", is_one ? "" : " each") : "",
      plan.contains("measured") ? fmt::format("a measured {:.0f}", speed) : "an assumed " + text::number(speed),
      plan.contains("measured") ? "--measure" : "--speed");
  for (const Json& warning : plan.at("warnings"))
    page += fmt::format("warning: {}\n", text::one_line(warning.get<std::string>()));
  return page;
}

}  // namespace

void add_plan(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("plan", "say how much work a study is, and what is left of it");
  const auto given = std::make_shared<PlanArguments>();
  command->add_option("study", given->file, "the study file")->required();
  command->add_flag("--json", given->json, "for programs");
  command->add_option("--workers", given->workers, "workers that share the work")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000000}))
      ->capture_default_str();
  command->add_option("--device", given->device, "what a worker computes on: cpu, a core, or cuda, a stated GPU (cpu)")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  CLI::Option* speed =
      command->add_option("--speed", given->speed, "GFLOP/s of one worker (50; 45000 with --device cuda)")
          ->check(positive_number());
  command->add_flag("--measure", given->measure, "measure a core of this machine, or with --device cuda its first GPU")
      ->excludes(speed);
  command->add_option("--memory", given->memory, "GB that one worker has for packs (4; 48 with --device cuda)")
      ->check(positive_number());
  const CLI::Option* diff = command
                                ->add_option("--diff", given->diff,
                                             "what is left of an earlier run: its output folder or results file "
                                             "(runs/<study name>)")
                                ->expected(0, 1);
  command->callback([&action, given, diff] {
    action = [given, is_diff = diff->count() > 0] {
      const study::Study study = study::read_study(given->file, catalog());
      if (is_diff && given->diff.empty()) given->diff = (std::filesystem::path("runs") / study.name).string();
      const study::Done done = is_diff ? done_in(study, given->diff) : study::Done{};
      study::PackLimits limits;
      limits.workers = given->workers;
      if (given->device == "cuda") limits.device = study::stated_gpu;
      limits.memory = limits.device.memory;
      double speed = given->speed ? *given->speed * 1e9 : limits.device.flops_per_second;
      if (given->speed && given->device != "cuda") limits.cpu_rate = speed;
      if (given->measure) speed = measured(given->device == "cuda" ? "cuda" : "cpu", limits);
      if (given->memory) limits.memory = *given->memory * 1e9;
      Json plan = study::plan(study, catalog(), done, limits, speed);
      if (given->measure) plan["measured"] = true;
      if (given->device == "cuda") {
        plan["device"] = "cuda";
      } else {
        plan["threads"] =
            1;  // a worker has a core, as `run` places them: packs use one better than several use one pack
      }
      std::cout << (given->json ? json_text(plan, 2) + "\n" : table(plan, is_diff));
      return ExitCode::ok;
    };
  });
}

}  // namespace eigensweep::app
