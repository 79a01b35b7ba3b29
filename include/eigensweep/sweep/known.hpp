// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "eigensweep/study/pack.hpp"
#include "eigensweep/sweep/output_folder.hpp"
#include "eigensweep/wire/ledger.hpp"

namespace eigensweep::sweep {

/// What earlier runs left behind.
struct Known {
  study::Done done;
  std::size_t finished = 0;  ///< trials of the study of which nothing is missing
  std::size_t diverged = 0;  ///< of these
  std::size_t failed = 0;    ///< trials whose last word was a failure; they are tried again
  bool has_models = false;   ///< networks of whatever trial
  wire::LedgerReport report;
};

/// Reads the ledger. A trained trial counts as having its model only while the model's file is there. Failed trials and
/// evaluations count as not there: a new run tries them again; diverged ones are final. Throws DataError.
Known read_known(const study::Study& study, const OutputPaths& paths);

}  // namespace eigensweep::sweep
