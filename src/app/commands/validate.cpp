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
      std::cout << fmt::format("{}: {}, {}, fine\n", study.file.filename().string(),
                               text::counted(static_cast<long long>(study.trials.size()), "trial"),
                               text::counted(static_cast<long long>(study.points()), "point"));
      for (const std::string& warning : study.warnings)
        std::cout << fmt::format("warning: {}\n", text::one_line(warning));
      return ExitCode::ok;
    };
  });
}

}  // namespace eigensweep::app
