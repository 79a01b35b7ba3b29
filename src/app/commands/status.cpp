// SPDX-License-Identifier: MIT
#include <iostream>
#include <limits>
#include <memory>

#include "../command.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/here.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/sweep/folder/output_folder.hpp"
#include "eigensweep/sweep/run/view.hpp"
#include "results_path.hpp"

namespace eigensweep::app {
namespace {

struct StatusOptions {
  std::filesystem::path folder;
  bool json = false;
};

ExitCode show_status(const StatusOptions& given) {
  const StatusOptions options{run_folder(given.folder), given.json};
  const sweep::OutputPaths paths(options.folder);
  if (!std::filesystem::exists(paths.status()) && std::filesystem::exists(paths.folder() / "job.sbatch")) {
    throw DataError(
        fmt::format("{}: a job was submitted here and has not started yet; see squeue --me", options.folder.string()));
  }
  if (!std::filesystem::exists(paths.status())) {
    throw DataError(
        fmt::format("{}: no run here (there is no status.json); start one with `eigensweep run STUDY "
                    "--output {}`",
                    options.folder.string(), text::shell_path(options.folder)));
  }
  Json status = Json::parse(file::read(paths.status()), nullptr, false);
  if (!status.is_object() || !status.contains("trials")) {
    throw DataError(
        fmt::format("{}: is no status of a run; the next `eigensweep run` writes it anew", paths.status().string()));
  }
  const bool is_alive = sweep::lock_holder(paths).has_value();
  const bool is_unseen = !is_alive && sweep::may_run_elsewhere(paths);
  const double age = seconds_since(status.value("updated", "")).value_or(std::numeric_limits<double>::infinity());
  status["alive"] = is_alive;
  if (is_unseen && status.value("state", "") == word(sweep::RunState::running)) status["alive"] = nullptr;
  if (options.json) {
    std::cout << json_text(status, 2) << '\n';
  } else {
    const auto life = is_alive ? sweep::Life::alive : is_unseen ? sweep::Life::unseen : sweep::Life::gone;
    std::cout << sweep::status_text(status, life, age);
  }
  return ExitCode::ok;
}

}  // namespace

void add_status(CLI::App& app, Action& action) {
  const auto options = std::make_shared<StatusOptions>();
  CLI::App* command =
      app.add_subcommand("status", "show how far a run is, during it and after, on any machine that sees its folder");
  command->add_option("folder", options->folder, "output folder of the run, or a file in it")->required();
  command->add_flag("--json", options->json, "for programs");
  command->callback([options, &action] { action = [options] { return show_status(*options); }; });
}

}  // namespace eigensweep::app
