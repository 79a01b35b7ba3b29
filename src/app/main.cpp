// SPDX-License-Identifier: MIT
#include <algorithm>
#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>

#include "command.hpp"
#include "command_line.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/core/standard_streams.hpp"
#include "eigensweep/core/version.hpp"
#include "manual.hpp"
#include "parse_error.hpp"

namespace eigensweep::app {
namespace {

std::string version_text() {
  const BuildInfo& build = build_info();
  return fmt::format("eigensweep {} ({}{}, {}, {})", build.version, build.git_revision.substr(0, 12),
                     build.git_dirty ? ", modified" : "", build.compiler, build.build_type);
}

int run(int argc, char** argv) {
  CLI::App app{"Sweeps over width, depth and spectrum of neural representations, and their robustness to attack"};
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);  // before the commands, which take it over
  app.set_version_flag("--version", version_text());
  Action action;
#define EIGENSWEEP_COMMAND(name) add_##name(app, action);
#include "commands.def"
#undef EIGENSWEEP_COMMAND
  add_examples(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return answer(app, error, "eigensweep");
  }
  check_names({argv + std::min(argc, 1), argv + argc});
  return static_cast<int>(action());
}

int guarded(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    log::complain("eigensweep", error.what());
    return static_cast<int>(error.code());
  } catch (const std::filesystem::filesystem_error& error) {
    log::complain("eigensweep", fmt::format("{}: {}", error.path1().string(), error.code().message()));
    return static_cast<int>(ExitCode::system);
  } catch (const std::exception& error) {
    log::complain("eigensweep",
                  fmt::format("internal error: {}; please report this with the study file", error.what()));
    return static_cast<int>(ExitCode::bug);
  }
}

}  // namespace
}  // namespace eigensweep::app

int main(int argc, char** argv) {
  eigensweep::occupy_closed_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the file size limit then fails and does not kill the process
  const int code = eigensweep::app::guarded(argc, argv);
  const std::string complaint = eigensweep::finish_output();
  if (complaint.empty()) return code;
  eigensweep::log::complain("eigensweep", complaint);
  // An earlier error, or the code of a run to continue, matters more than output that could not be printed.
  return code == 0 ? static_cast<int>(eigensweep::ExitCode::system) : code;
}
