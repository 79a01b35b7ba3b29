// SPDX-License-Identifier: MIT
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "../command.hpp"
#include "eigensweep/catalog.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/results/write/results_file.hpp"
#include "eigensweep/sweep/folder/output_folder.hpp"
#include "eigensweep/sweep/folder/ownership.hpp"
#include "eigensweep/sweep/folder/recorded.hpp"
#include "results_path.hpp"

namespace eigensweep::app {
namespace {

/// The study as its run read it. The data may be gone by now, so it is not read, and the run's warnings come from
/// status.json.
study::Study recorded_study(const sweep::OutputPaths& paths) {
  const std::string text = file::read(paths.study());
  const sweep::Recorded recorded = sweep::recorded_in(paths);
  study::Study study = study::parse_study(text, recorded.study_file, catalog(), study::Data::left);
  if (recorded.warnings) {
    study.warnings = *recorded.warnings;
    return study;
  }
  try {
    study.warnings = study::parse_study(text, recorded.study_file, catalog()).warnings;
  } catch (const Error&) {
    study.warnings.emplace_back(
        "this file was made without the data, and status.json holds no warnings: there may be more");
  }
  return study;
}

ExitCode collect(const std::filesystem::path& folder) {
  const sweep::OutputPaths paths(folder);
  // First, so that the next check names no missing file in a folder that is not ours.
  sweep::check_ownership(paths, "");
  for (const std::filesystem::path& needed : {paths.ledger(), paths.study()}) {
    if (!std::filesystem::exists(needed))
      throw DataError(fmt::format("{}: does not exist; name an output folder of 'eigensweep run'", needed.string()));
  }
  const sweep::OutputLock lock(paths);  // a run writes the same file
  const study::Study study = recorded_study(paths);
  const wire::LedgerReport report =
      results::collect(paths.ledger(), paths.results(), study, catalog(), {{"written_by", "collect"}});
  std::string text = fmt::format("{}: made from {} records", paths.results().string(),
                                 text::thousands(static_cast<long long>(report.records)));
  if (report.damaged > 0)
    text += fmt::format("; {} damaged ones left out: 'eigensweep run' does that work again", report.damaged);
  if (report.torn_bytes > 0) text += "; an unfinished one at the end left out";
  std::cout << text << '\n';
  return ExitCode::ok;
}

}  // namespace

void add_collect(CLI::App& app, Action& action) {
  const auto folder = std::make_shared<std::filesystem::path>();
  CLI::App* command = app.add_subcommand("collect", "make results.h5 anew from the ledger of an output folder");
  command->add_option("folder", *folder, "output folder of 'eigensweep run', or a file in it")->required();
  command->callback([folder, &action] { action = [folder] { return collect(run_folder(*folder)); }; });
}

}  // namespace eigensweep::app
