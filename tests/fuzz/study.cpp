// SPDX-License-Identifier: MIT
// Study files: whatever the bytes are, parsing ends with a Study or with a ConfigError or DataError; a study can be
// planned and written back.
#include <string>

#include "eigensweep/catalog.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/study/plan/pack.hpp"
#include "fuzz.hpp"

using namespace eigensweep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  constexpr std::size_t most_trials = 200;  // a larger one takes long to plan and shows nothing more
  try {
    const std::string text(reinterpret_cast<const char*>(bytes), count);
    const study::Study study = study::parse_study(text, "/nonexistent/study.json", catalog());
    if (study.trials.size() > most_trials) return 0;
    study::PackLimits limits;
    limits.workers = 3;
    const Json plan = study::plan(study, catalog(), {}, limits, 1e9);
    fuzz::require(plan.at("trials") == study.trials.size(), "a plan counts the study's trials");
    // What is written back is the same study.
    const study::Study again = study::parse_study(study.document.dump(), study.file, catalog());
    fuzz::require(again.trials.size() == study.trials.size(), "the document is the study");
    for (std::size_t i = 0; i < study.trials.size(); ++i) {
      fuzz::require(again.trials[i].id == study.trials[i].id, "a trial keeps its identity");
    }
  } catch (const ConfigError&) {  // NOLINT(bugprone-empty-catch): refused, as it should be
  } catch (const DataError&) {    // NOLINT(bugprone-empty-catch): a dataset that is not there
  }
  return 0;
}
