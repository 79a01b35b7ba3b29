// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/run/run.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "eigensweep/core/file.hpp"
#include "eigensweep/core/hash.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/declare/procedure.hpp"
#include "eigensweep/sweep/folder/access.hpp"
#include "eigensweep/sweep/folder/contents.hpp"
#include "eigensweep/sweep/folder/known.hpp"
#include "eigensweep/sweep/folder/ownership.hpp"
#include "eigensweep/sweep/folder/recorded.hpp"
#include "eigensweep/sweep/job/bring_up.hpp"
#include "eigensweep/sweep/job/communicator.hpp"
#include "eigensweep/sweep/job/start_timeout.hpp"
#include "eigensweep/sweep/process/signals.hpp"
#include "eigensweep/sweep/run/engine.hpp"
#include "eigensweep/sweep/schedule/time_budget.hpp"
#include "eigensweep/wire/codec.hpp"
#include "job/follow.hpp"
#include "job/job.hpp"

namespace eigensweep::sweep {
namespace {

/// Named by the trials in it: what is cut off a pack, or is to be evaluated in other ways than when it was stopped,
/// finds its checkpoint.
std::string checkpoint_of(const OutputPaths& paths, const study::Pack& pack, const std::vector<wire::TaskLane>& lanes) {
  std::string trials;
  for (const wire::TaskLane& lane : lanes) trials += lane.trial + "\n";
  const std::filesystem::path file = paths.checkpoint(hash::hexadecimal(hash::sha256_digest(trials), 8));
  // Older programs named it by the pack.
  const std::filesystem::path older = paths.checkpoint(pack.id);
  return (pack.has_checkpoint && !std::filesystem::exists(file) && std::filesystem::exists(older) ? older : file)
      .string();
}

wire::PackTask make_task(const study::Study& study, const study::Catalog& catalog, const OutputPaths& paths,
                         const Contents& contents, const study::Pack& pack, double checkpoint_every) {
  wire::PackTask task;
  task.pack = pack.id;
  task.dataset_sha256 = contents.hashes.at(
      json_text(study.dataset_sections()[study.dataset_section(study.trials[pack.lanes.front().trial])]));
  for (const study::Lane& lane : pack.lanes) {
    const study::Trial& trial = study.trials[lane.trial];
    wire::TaskLane entry;
    entry.trial = trial.id;
    entry.config = study.config(trial);
    entry.train = lane.train;
    const study::Kind* procedure = catalog.find(study::Family::procedure, study.procedure(trial));
    const bool is_kept = study.output.models && procedure->procedure.gives_networks;
    if (is_kept || !lane.train) entry.model_file = paths.model(trial.id).string();
    task.lanes.push_back(std::move(entry));
  }
  for (const study::Evaluation& evaluation : pack.evaluations) {
    task.evaluations.push_back({evaluation.id, std::string(study::family_name(evaluation.family)), evaluation.label,
                                evaluation.kind, evaluation.options, evaluation.intensities});
  }
  task.checkpoint_file = checkpoint_of(paths, pack, task.lanes);
  task.checkpoint_every = checkpoint_every;
  return task;
}

double least_flops(const study::Study& study, const study::Catalog& catalog, const study::Pack& pack) {
  const study::Trial& trial = study.trials[pack.lanes.front().trial];
  if (pack.lanes.front().train) {
    const study::Kind& procedure = study::procedure_of(catalog, study.config(trial));
    return procedure.procedure.has_checkpoints ? 0 : study::predicted_flops(study, catalog, pack.lanes, {});
  }
  return pack.evaluations.empty() ? 0 : study::predicted_flops(study, catalog, pack.lanes, {pack.evaluations.front()});
}

double train_share(const study::Study& study, const study::Catalog& catalog, const study::Pack& pack) {
  if (pack.flops <= 0) return 1;
  return std::clamp(study::predicted_flops(study, catalog, pack.lanes, {}) / pack.flops, 0.0, 1.0);
}

/// A user who has added attacks with `eigensweep attack` would otherwise miss them without a word.
void report_left_out(const study::Study& study, const OutputPaths& paths, const std::filesystem::path& file) {
  const std::vector<std::string> labels = no_longer_asked(paths, study.document);
  if (labels.empty()) return;
  log::info("{} will lack {}, which {} does not ask for; the numbers stay in the ledger, and come back when it does",
            paths.results().string(), fmt::join(labels, ", "), file.string());
}

void report_known(const study::Study& study, const Known& known, const OutputPaths& paths, bool evaluates_only) {
  if (known.report.damaged > 0) {
    log::warn("{}: {} damaged records are left out; their trials run again", paths.ledger().string(),
              known.report.damaged);
  }
  if (known.report.records == 0 && known.has_models) {
    log::warn(
        "{}: has no records, but networks lie in {}: they are trained again; stop and bring the ledger back if "
        "there is a copy",
        paths.ledger().string(), paths.models().string());
  }
  if (known.report.records == 0) return;
  if (evaluates_only) return;
  log::info("{} of {} trials are already done{}", known.finished, study.trials.size(),
            known.failed > 0 ? fmt::format(", {} that failed are tried again", known.failed) : "");
}

/// What the packs will do: networks are trained, or only attacked and measured, as they are kept.
std::string work_words(const std::vector<study::Pack>& packs) {
  std::size_t trained = 0;
  std::size_t kept = 0;
  std::size_t continued = 0;
  for (const study::Pack& pack : packs) {
    for (const study::Lane& lane : pack.lanes) (lane.train ? trained : kept) += 1;
    continued += pack.has_checkpoint ? 1 : 0;
  }
  if (trained + kept == 0) return "nothing to do";
  std::string words;
  if (trained > 0) words = fmt::format("{} to train", text::thousands(static_cast<long long>(trained)));
  if (kept > 0) {
    words += fmt::format("{}{} kept to attack or measure", words.empty() ? "" : ", ",
                         text::thousands(static_cast<long long>(kept)));
  }
  words = fmt::format("networks: {}, in {} packs", words, packs.size());
  if (continued > 0) words += fmt::format(" ({} from a checkpoint)", continued);
  return words;
}

/// Throws ConfigError if networks are missing that attacks could run on.
void check_networks(const study::Study& study, const Known& known, const OutputPaths& paths) {
  const auto is_missing = [&](const study::Trial& trial) {
    return !known.done.with_model.contains(trial.id) && !known.done.hopeless.contains(trial.id);
  };
  const auto missing = std::count_if(study.trials.begin(), study.trials.end(), is_missing);
  if (missing == 0) return;
  throw ConfigError(fmt::format(
      "{}: {} of {} networks are not in {} (not trained yet, or not kept); 'eigensweep run {} --output {}' trains them",
      paths.folder().string(), missing, study.trials.size(), paths.models().string(),
      text::shell_path(recorded_in(paths).study_file), text::shell_path(paths.folder())));
}

class Leader {
 public:
  Leader(const RunOptions& options, const study::Catalog& catalog, const Publish& publish, Communicator& communicator,
         RankWatch& ranks, StartTimeout& start, const Share& share)
      : options_(options),
        catalog_(catalog),
        publish_(publish),
        communicator_(communicator),
        ranks_(ranks),
        start_timeout_(start),
        share_(share) {}

  ExitCode run() {
    const Signals signals;
    const study::Study study = read_study();
    for (const std::string& warning : study.warnings) log::warn("{}", warning);
    const OutputPaths paths(options_.output.empty() ? std::filesystem::path("runs") / study.name : options_.output);
    check_ownership(paths, options_.study_file);
    file::make_folder(paths.folder());
    if (const std::vector<std::string> problems = access_problems(paths); !problems.empty()) {
      for (std::size_t i = 1; i < problems.size(); ++i) log::error("{}", problems[i]);
      throw SystemError(problems.front());
    }
    mark_as_ours(paths);
    const OutputLock lock(paths);
    if (lock.is_advisory()) {
      log::warn("{}: this file system has no locks: nothing prevents a run on another machine from writing here too",
                paths.folder().string());
      // HDF5 would refuse to open the results file without a lock. It needs none, since the output folder is ours.
      ::setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
    }
    prepare_output(paths, study.name, study.document, options_.study_file);
    const Known known = read_known(study, paths);
    report_known(study, known, paths, options_.evaluates_only);
    if (options_.evaluates_only) check_networks(study, known, paths);

    std::vector<wire::WorkerPlace> places = bring_up(paths);
    const Contents contents = check_contents(study, catalog_, known, paths);
    for (const std::string& warning : contents.warnings) log::warn("{}", warning);
    keep_contents(contents, paths);
    report_left_out(study, paths, options_.study_file);
    // Only now: a study that was refused must not replace the one whose results are in the folder.
    keep_study(paths, study.name, study.document, options_.study_file);
    Work work = plan(study, paths, known, contents, places);
    if (communicator_.size() == 1) keep_only(places, work.packs.size(), options_.placement, share_);
    for (const std::string& line : placement_table(places)) log::info("{}", line);
    log::info("{}; everything goes to {}", work_words(work.packs), paths.folder().string());
    Supervisor supervisor(start_supervision(places, paths), options_.patience);

    RunStatus status;
    const TimeBudget budget = time_budget();
    status.study = study.name;
    const std::filesystem::path file = options_.evaluates_only ? recorded_in(paths).study_file : options_.study_file;
    status.study_file = std::filesystem::absolute(file).string();
    status.continue_command = continue_command(std::filesystem::absolute(options_.study_file), paths);
    status.warnings = study.warnings;
    status.trials = study.trials.size();
    status.done = known.finished;
    status.done_before = known.finished;
    status.diverged = known.diverged;
    ExitCode code = ExitCode::ok;
    {
      Engine engine(std::move(work), paths, places, std::move(status), supervisor, budget, communicator_, ranks_,
                    signals);
      code = engine.run();
    }
    if (code != ExitCode::continue_later) {
      std::set<std::string> trials;
      for (const study::Trial& trial : study.trials) trials.insert(trial.id);
      remove_checkpoints(paths, trials);
    }
    return code;
  }

 private:
  [[nodiscard]] study::Study read_study() const {
    if (!options_.evaluates_only) return study::read_study(options_.study_file, catalog_);
    const OutputPaths paths(options_.output);
    check_ownership(paths, "");
    if (!std::filesystem::exists(paths.study())) {
      throw ConfigError(
          fmt::format("{}: holds no study; name an output folder of 'eigensweep run'", paths.folder().string()));
    }
    const std::string text = study_with(paths, options_.study_file);
    try {
      return study::parse_study(text, recorded_in(paths).study_file, catalog_);
    } catch (const ConfigError& error) {
      throw ConfigError(fmt::format("{} (in the study of {}, with the attacks and metrics of {})", error.what(),
                                    paths.folder().string(), options_.study_file.string()));
    }
  }

  /// The places of all workers, after all ranks have passed their checks. Throws SystemError when one has not.
  std::vector<wire::WorkerPlace> bring_up(const OutputPaths& paths) {
    const std::vector<wire::Introduction> ranks =
        gather_introductions(communicator_, introduce(options_, communicator_, share_));
    Findings findings = compare(ranks);
    if (const std::string complaint = probe_folder(paths.folder()); !complaint.empty()) {
      findings.problems.push_back(complaint);
    } else {
      for (std::string& line : probe_everywhere(communicator_, paths.folder())) {
        findings.problems.push_back(std::move(line));
      }
    }
    for (const std::string& line : findings.warnings) log::warn("{}", line);
    for (const auto& [subject, line] : decisions(ranks)) log::info("{} on {}", subject, line);
    for (std::size_t i = 1; i < findings.problems.size(); ++i) log::error("{}", findings.problems[i]);
    if (!findings.problems.empty()) throw SystemError(findings.problems.front());
    start_timeout_.end();
    return places_of(ranks);
  }

  /// The time budget, with the time since the start already deducted.
  [[nodiscard]] TimeBudget time_budget() const {
    std::optional<double> limit = options_.time_budget;
    if (limit) {
      *limit -= std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    } else {
      limit = slurm_time_left();
    }
    const TimeBudget budget(limit, options_.time_margin);
    if (limit) {
      log::info("{} left{}: workers are asked to stop {} before the end", text::duration(*limit),
                options_.time_budget ? "" : " of the SLURM allocation", text::duration(budget.margin()));
    }
    return budget;
  }

  [[nodiscard]] std::string continue_command(const std::filesystem::path& file, const OutputPaths& paths) const {
    const std::string study_file = text::shell_path(file), folder = text::shell_path(paths.folder());
    return options_.evaluates_only ? fmt::format("eigensweep attack {} --study {}", folder, study_file)
                                   : fmt::format("eigensweep run {} --output {}", study_file, folder);
  }

  Work plan(const study::Study& study, const OutputPaths& paths, const Known& known, const Contents& contents,
            const std::vector<wire::WorkerPlace>& places) {
    study::PackLimits limits;
    limits.workers = places.size();
    limits.most_lanes = options_.lanes;
    limits.memory = smallest_memory(places);
    const MadeFor device = made_for(places);
    limits.device = device.profile;
    if (const std::string words = device.words(); !words.empty()) log::info("packs are made for {}", words);
    Work work;
    for (const study::Trial& trial : study.trials) work.trials.push_back(trial.id);
    work.packs = study::form_packs(study, catalog_, known.done, limits);
    if (const std::string words = study::memory_words(study, catalog_, work.packs, limits.memory); !words.empty()) {
      log::warn("{}", words);
    }
    work.keeps_models = study.output.models;
    work.make_task = [&study, &paths, &contents, told = device.told(), this](const study::Pack& pack) {
      wire::PackTask task =
          make_task(study, catalog_, paths, contents, pack, options_.checkpoint_every.value_or(usual_checkpoint_every));
      task.packs_for = told;
      return task;
    };
    work.train_share = [&study, this](const study::Pack& pack) { return train_share(study, catalog_, pack); };
    work.costs.least_flops = [&study, this](const study::Pack& pack) { return least_flops(study, catalog_, pack); };
    work.costs.evaluation_flops = [&study, this](const study::Pack& pack, const study::Evaluation& evaluation) {
      return study::predicted_flops(study, catalog_, pack.lanes, {evaluation}) -
             study::predicted_flops(study, catalog_, pack.lanes, {});
    };
    work.publish = [&study, &paths, this] { return publish_(study, paths); };
    work.continue_command = continue_command(options_.study_file, paths);
    return work;
  }

  std::vector<Supervisor::Slot> start_supervision(const std::vector<wire::WorkerPlace>& places,
                                                  const OutputPaths& paths) {
    for (int rank = 1; rank < communicator_.size(); ++rank) {
      wire::Settings settings{paths.logs().string(), {}};
      for (const wire::WorkerPlace& place : places) {
        if (place.rank == rank) settings.places.push_back(place);
      }
      communicator_.send(rank, wire::framed(settings));
    }
    std::vector<Supervisor::Slot> own;
    for (const wire::WorkerPlace& place : places) {
      if (place.rank == 0) own.push_back({worker_command(place, paths.logs())});
    }
    return own;
  }

  const RunOptions& options_;
  const study::Catalog& catalog_;
  const Publish& publish_;
  Communicator& communicator_;
  RankWatch& ranks_;
  StartTimeout& start_timeout_;
  const Share& share_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

ExitCode run(const RunOptions& options, const study::Catalog& catalog, const Publish& publish) {
  Job job(options);
  if (!job.leads()) return job.follow();
  Communicator& communicator = job.communicator;
  RankWatch ranks(1, communicator.size(), job.rank_timeout());
  try {
    const ExitCode code = Leader(options, catalog, publish, communicator, ranks, job.start, job.share).run();
    send_away(communicator, ranks, code, false);
    return code;
  } catch (const Error& error) {
    // The other ranks wait for rank 0. They exit without a message of their own, so that the user sees one error.
    send_away(communicator, ranks, error.code(), true);
    if (communicator.size() == 1) throw;
    log::error("{}", error.what());
    return error.code();
  }
}

}  // namespace eigensweep::sweep
