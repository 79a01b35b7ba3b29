// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "../command.hpp"
#include "eigensweep/catalog.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/expand/study.hpp"

namespace eigensweep::app {

void add_validate(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("validate", "check a study file without running it");
  const auto file = std::make_shared<std::string>();
  command->add_option("study", *file, "the study file")->required();
  command->callback([&action, file] {
    action = [file] {
      const study::Study study = study::read_study(*file, catalog());
      std::cout << fmt::format("{}: {} trials, {} points, fine\n", study.file.filename().string(),
                               text::thousands(static_cast<long long>(study.trials.size())),
                               text::thousands(static_cast<long long>(study.points())));
      for (const std::string& warning : study.warnings)
        std::cout << fmt::format("warning: {}\n", text::one_line(warning));
      return ExitCode::ok;
    };
  });
}

}  // namespace eigensweep::app
