// SPDX-License-Identifier: MIT
#include <filesystem>
#include <iostream>
#include <memory>

#include "../command.hpp"
#include "eigensweep/catalog.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/results/results_file.hpp"
#include "eigensweep/sweep/output_folder.hpp"
#include "results_path.hpp"

namespace eigensweep::app {
namespace {

/// Where the run's study file lay: relative paths in it are meant from there, not from the copy in the output folder.
std::filesystem::path original_study(const sweep::OutputPaths& paths) {
  try {
    const std::string original = Json::parse(file::read(paths.status())).value("study_file", "");
    if (!original.empty()) return original;
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): a run that was killed at once wrote no status.json
  }
  return paths.study();
}

ExitCode collect(const std::filesystem::path& folder) {
  const sweep::OutputPaths paths(folder);
  for (const std::filesystem::path& needed : {paths.ledger(), paths.study()}) {
    if (!std::filesystem::exists(needed))
      throw DataError(fmt::format("{}: does not exist; name an output folder of 'eigensweep run'", needed.string()));
  }
  const sweep::OutputLock lock(paths);  // a run writes the same file
  const study::Study study = study::parse_study(file::read(paths.study()), original_study(paths), catalog());
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
  command->add_option("folder", *folder, "output folder of 'eigensweep run'")->required();
  command->callback([folder, &action] { action = [folder] { return collect(*folder); }; });
}

}  // namespace eigensweep::app
