// SPDX-License-Identifier: MIT
// Compares what studies unfold into with digests in tests/study/golden. Ledgers and output folders of old runs name
// their trials, evaluations and packs by these ids, and rows of results files follow this order of cells.
//
// EIGENSWEEP_REWRITE_GOLDEN=1 rewrites the digests after an intended change of behaviour.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/hash.hpp"
#include "eigensweep/study/plan/pack.hpp"
#include "small_catalog.hpp"

using namespace eigensweep;
using namespace eigensweep::study;

namespace {

const std::filesystem::path sources(EIGENSWEEP_SOURCE_FOLDER);
const std::filesystem::path golden = sources / "tests" / "study" / "golden";

std::string digest(const std::string& text) { return hash::sha256(text).substr(0, 16); }

std::string lines_of_cells(const Study& study) {
  std::string text;
  for (const Cell& cell : study.cells) {
    for (std::size_t i = 0; i < study.axes.size() && study.axes[i].role != Role::evaluation; ++i) {
      text += study.coordinate(cell, i).dump() + " ";
    }
    text += fmt::format("{} {}\n", cell.trial, study.trials[cell.trial].id);
  }
  return text;
}

std::string lines_of_trials(const Study& study) {
  std::string text;
  for (const Trial& trial : study.trials) {
    const Json config = study.config(trial);
    // A simulation reads no dataset.
    const std::int64_t samples = config.contains("dataset") ? study.dataset(trial).train_samples : 0;
    text += fmt::format("{} {} {} {}\n", trial.id, trial.cell, config.dump(), samples);
  }
  return text;
}

std::string lines_of(const std::vector<Evaluation>& evaluations) {
  std::string text;
  for (const Evaluation& evaluation : evaluations) {
    text += fmt::format("{} {} {} {} {} {} {}\n", evaluation.id, family_name(evaluation.family), evaluation.label,
                        evaluation.kind, evaluation.options.dump(), evaluation.intensity_name,
                        fmt::join(evaluation.intensities, ","));
  }
  return text;
}

std::string lines_of_evaluations(const Study& study) {
  std::string text;
  for (const Trial& trial : study.trials) text += digest(lines_of(study.evaluations(trial))) + "\n";
  return text;
}

// The packs' content, and apart from it their predicted cost: a better cost model changes only the second.
Json facts_of_packs(const Study& study, const Done& done, const PackLimits& limits) {
  std::vector<std::string> what;
  std::string cost;
  for (const Pack& pack : form_packs(study, small_catalog(), done, limits)) {
    std::string& line = what.emplace_back(fmt::format("{} {}", pack.id, pack.has_checkpoint));
    for (const Lane& lane : pack.lanes) line += fmt::format(" {}{}", lane.trial, lane.train ? "t" : "l");
    line += '\n';
    line += lines_of(pack.evaluations);
    cost += fmt::format("{} {} {} {} {}\n", pack.id, pack.flops, pack.overhead_flops, pack.bytes, pack.group);
  }
  std::sort(what.begin(), what.end());
  return Json{{"what", digest(fmt::format("{}", fmt::join(what, "")))}, {"cost", digest(cost)}};
}

// A run in the middle: of every seven trials one diverged, one has its model, one lost it, two are under way together.
Done half_done(const Study& study) {
  Done done;
  for (std::size_t i = 0; i < study.trials.size(); ++i) {
    const std::string& id = study.trials[i].id;
    const std::vector<Evaluation>& evaluations = study.evaluations(study.trials[i]);
    if (i % 7 < 3) done.trained.insert(id);
    if (i % 7 == 0) done.hopeless.insert(id);
    if (i % 7 == 1) done.with_model.insert(id);
    if (i % 7 == 1 && !evaluations.empty()) {
      const Evaluation& first = evaluations.front();
      std::set<double>& there = done.evaluated[id][first.id];
      if (!first.intensities.empty()) there.insert(first.intensities.front());
    }
    if (i % 7 == 4 && i > 0) done.under_way.push_back({study.trials[i - 1].id, id});
  }
  return done;
}

std::string lines_of_axes(const Study& study) {
  std::string text;
  for (const Axis& axis : study.axes) {
    text +=
        fmt::format("{} {} {} {}\n", axis.name, axis.pointer, static_cast<int>(axis.role), Json(axis.values).dump());
  }
  return text;
}

Json facts_of(const std::string& text) {
  try {
    const Study study = parse_study(text, "/studies/s.json", small_catalog());
    PackLimits many;
    many.workers = 7;
    PackLimits narrow;
    narrow.most_lanes = 3;
    return Json{{"cells", study.cells.size()},
                {"trials", study.trials.size()},
                {"points", study.points()},
                {"axes", digest(lines_of_axes(study))},
                {"order", digest(lines_of_cells(study))},
                {"configs", digest(lines_of_trials(study))},
                {"evaluations", digest(lines_of_evaluations(study))},
                {"resolved", digest(study.resolved().dump())},
                {"packs", facts_of_packs(study, {}, {})},
                {"packs_of_many", facts_of_packs(study, {}, many)},
                {"packs_left", facts_of_packs(study, half_done(study), narrow)},
                {"plan", digest(plan(study, small_catalog(), {}, many, 5e10).dump())},
                {"warnings", study.warnings}};
  } catch (const Error& error) {
    return Json{{"error", error.what()}};
  }
}

// Every study by its name: those made by hand, and those under jobs/ as they stand there.
Json studies() {
  Json all = Json::object();
  const Json by_hand = Json::parse(file::read(golden / "studies.json"));
  for (const auto& [name, study] : by_hand.items()) all[name] = study.dump();
  std::vector<std::filesystem::path> jobs;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(sources / "jobs")) {
    const bool is_schema = entry.path().filename() == "study.schema.json";
    if (entry.path().extension() == ".json" && !is_schema) jobs.push_back(entry.path());
  }
  std::sort(jobs.begin(), jobs.end());
  for (const auto& job : jobs) all[job.lexically_relative(sources).string()] = file::read(job);
  return all;
}

}  // namespace

TEST_CASE("studies unfold into the cells, trials, evaluations and packs that they always had") {
  Json found = Json::object();
  const Json all = studies();
  for (const auto& [name, text] : all.items()) found[name] = facts_of(text.get<std::string>());
  if (std::getenv("EIGENSWEEP_REWRITE_GOLDEN") != nullptr) {
    std::ofstream(golden / "digests.json") << found.dump(1) << "\n";
    FAIL("tests/study/golden/digests.json is written anew; look at its difference and run without the variable");
  }
  const Json wanted = Json::parse(file::read(golden / "digests.json"));
  CHECK(all.size() > 40);
  CHECK(wanted.size() == all.size());
  for (const auto& [name, facts] : found.items()) {
    INFO(name);
    CHECK(wanted.value(name, Json()) == facts);
  }
}
