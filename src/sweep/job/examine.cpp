// SPDX-License-Identifier: MIT
// `eigensweep doctor`: makes the checks of a run's start, and prints the results.
#include <sys/file.h>

#include <iostream>
#include <optional>
#include <set>

#include "eigensweep/core/log.hpp"
#include "eigensweep/core/temporary.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/study/plan/pack.hpp"
#include "eigensweep/sweep/folder/access.hpp"
#include "eigensweep/sweep/folder/contents.hpp"
#include "eigensweep/sweep/folder/ownership.hpp"
#include "eigensweep/sweep/job/bring_up.hpp"
#include "eigensweep/sweep/job/start_timeout.hpp"
#include "eigensweep/sweep/schedule/time_budget.hpp"
#include "follow.hpp"
#include "job.hpp"

namespace eigensweep::sweep {
namespace {

class Report {
 public:
  static void say(const std::string& subject, const std::string& text) {
    std::cout << fmt::format("{:<8} {}\n", subject, text::one_line(text));
  }
  void add(const Findings& findings) {
    for (const std::string& line : findings.problems) problem(line);
    for (const std::string& line : findings.warnings) warn(line);
  }
  /// The exit code is that of what must be mended first: a wrong study or command line, then data, then the system.
  void problem(const std::string& line, ExitCode code = ExitCode::system) {
    if (code == ExitCode::config || (code == ExitCode::data && code_ == ExitCode::system)) code_ = code;
    problems_.push_back(line);
  }
  void warn(const std::string& line) { warnings_.push_back(line); }
  [[nodiscard]] ExitCode conclude() const {
    for (const std::string& line : warnings_) say("warning", line);
    for (const std::string& line : problems_) say("problem", line);
    if (problems_.empty()) say("verdict", warnings_.empty() ? "all is well" : "a run would start");
    if (!problems_.empty()) say("verdict", "a run would not start, or be wrong");
    std::cout << std::flush;
    return problems_.empty() ? ExitCode::ok : code_;
  }

 private:
  ExitCode code_ = ExitCode::system;
  std::vector<std::string> problems_, warnings_;
};

/// The folder itself, or the nearest one above it that exists.
std::filesystem::path existing(std::filesystem::path folder) {
  std::error_code ignored;
  while (!std::filesystem::is_directory(folder, ignored) && folder.has_parent_path() &&
         folder != folder.parent_path()) {
    folder = folder.parent_path();
  }
  return folder;
}

bool has_locks(const std::filesystem::path& folder) {
  const file::Temporary probe(folder, "lock", folder);
  return ::flock(probe.descriptor(), LOCK_EX | LOCK_NB) == 0;
}

/// Only warns, because the prediction of memory tends to be too large.
void examine_memory(const study::Study& study, const study::Catalog& catalog,
                    const std::vector<wire::WorkerPlace>& places, Report& report) {
  if (places.empty()) return;
  study::PackLimits limits;
  limits.workers = places.size();
  limits.memory = smallest_memory(places);
  limits.device = made_for(places).profile;
  const std::vector<study::Pack> packs = study::form_packs(study, catalog, {}, limits);
  if (const std::string words = study::memory_words(study, catalog, packs, limits.memory); !words.empty()) {
    report.warn(words);
  }
}

void examine_output(const OutputPaths& paths, const std::filesystem::path& study_file, Communicator& communicator,
                    Report& report) {
  const std::filesystem::path folder = existing(paths.folder());
  const std::string note =
      folder == paths.folder() ? "" : fmt::format(" (not there yet; looked at {})", folder.string());
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  Report::say("output",
              fmt::format("{}{}{}", paths.folder().string(), note,
                          error ? "" : fmt::format(", {} free", text::bytes(static_cast<double>(space.available)))));
  try {
    check_ownership(paths, study_file);
  } catch (const Error& error) {
    report.problem(error.what(), error.code());
    return;  // nothing is tried in a folder that is not ours
  }
  if (const auto holder = lock_holder(paths)) {
    report.problem(
        fmt::format("{}: a run writes here (process {} on {}, since {}); wait for it or choose another --output",
                    paths.folder().string(), holder->pid, holder->host, holder->since));
  }
  const std::vector<std::string> closed = access_problems(paths);
  for (const std::string& line : closed) report.problem(line);
  if (!closed.empty()) return;  // the other ranks cannot be probed without a file there
  if (const std::string complaint = probe_folder(folder); !complaint.empty()) {
    report.problem(complaint);
    return;
  }
  if (!has_locks(folder)) {
    report.warn(fmt::format(
        "{}: this file system has no locks: nothing prevents a run on another machine from writing here too",
        folder.string()));
  }
  for (const std::string& complaint : probe_everywhere(communicator, folder)) report.problem(complaint);
}

/// Compares the data with the records; without a ledger it does not read the data.
void examine_contents(const study::Study& study, const study::Catalog& catalog, const OutputPaths& paths,
                      Report& report) {
  std::error_code error;
  if (!std::filesystem::exists(paths.ledger(), error)) return;
  try {
    const Contents contents = check_contents(study, catalog, read_known(study, paths), paths);
    for (const std::string& warning : contents.warnings) report.warn(warning);
  } catch (const Error& refusal) {
    report.problem(refusal.what(), refusal.code());
  }
}

}  // namespace

ExitCode examine(const RunOptions& asked, const study::Catalog& catalog) {
  RunOptions options = asked;
  options.tries_worker = true;
  Job job(options);
  if (!job.leads()) return job.follow();
  Communicator& communicator = job.communicator;
  const RankWatch watch(1, communicator.size(), job.rank_timeout());
  Report report;
  ExitCode code = ExitCode::system;
  try {
    const std::vector<wire::Introduction> ranks =
        gather_introductions(communicator, introduce(options, communicator, job.share));
    std::set<std::string> hosts;
    for (const wire::Introduction& rank : ranks) hosts.insert(rank.host);
    Report::say("build", fmt::format("eigensweep {}", ranks.front().build));
    Report::say("ranks", fmt::format("{}{} on {} machine{}", ranks.size(), is_launched() ? "" : ", without a launcher",
                                     hosts.size(), hosts.size() == 1 ? "" : "s"));
    if (const auto left = slurm_time_left()) {
      Report::say("time", fmt::format("{} left of the SLURM allocation", text::duration(*left)));
    }
    std::filesystem::path output = options.output;
    const std::vector<wire::WorkerPlace> places = places_of(ranks);
    std::optional<study::Study> study;
    if (!options.study_file.empty()) {
      try {
        study = study::read_study(options.study_file, catalog);
        Report::say("study", fmt::format("{}: {} trials", options.study_file.string(), study->trials.size()));
        if (output.empty()) output = std::filesystem::path("runs") / study->name;
        examine_memory(*study, catalog, places, report);
      } catch (const Error& error) {
        report.problem(error.what(), error.code());
      }
    }
    for (const auto& [subject, line] : decisions(ranks)) Report::say(subject, line);
    for (const std::string& line : placement_table(places)) Report::say("place", line);
    if (const std::string device = places.empty() ? "" : made_for(places).words(); !device.empty()) {
      Report::say("packs", "for " + device);
    }
    report.add(compare(ranks));
    // Without a study and --output the folder is unknown; this one stands for it.
    const OutputPaths paths(output.empty() ? std::filesystem::path("runs") / "study" : output);
    examine_output(paths, options.study_file, communicator, report);
    job.start.end();
    if (study) examine_contents(*study, catalog, paths, report);
    code = report.conclude();
  } catch (...) {
    send_away(communicator, watch, ExitCode::system, true);
    throw;
  }
  send_away(communicator, watch, code, false);
  return code;
}

}  // namespace eigensweep::sweep
