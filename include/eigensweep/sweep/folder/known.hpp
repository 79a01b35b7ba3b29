// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "eigensweep/study/plan/pack.hpp"
#include "eigensweep/sweep/folder/output_folder.hpp"
#include "eigensweep/wire/ledger.hpp"

namespace eigensweep::sweep {

/// What the ledger's records say of the data that they were made with.
struct MadeWith {
  /// By the text of a "dataset" section of the study (Json::dump()), then by hash: a trial of the study.
  std::map<std::string, std::map<std::string, std::string>> by_section;
  std::set<std::string> hashes;    ///< of all records, whatever their trial
  std::size_t without_a_hash = 0;  ///< records of the study's trials that say nothing
};

/// What earlier runs left behind.
struct Known {
  study::Done done;
  std::size_t finished = 0;  ///< trials of the study of which nothing is missing
  std::size_t diverged = 0;  ///< of these
  std::size_t failed = 0;    ///< trials whose last word was a failure; they are tried again
  bool has_models = false;   ///< networks of whatever trial
  MadeWith made_with;
  wire::LedgerReport report;
};

/// Reads the ledger. A trained trial counts as having its model only while the model's file is there. Failed trials and
/// evaluations count as not there: a new run tries them again; diverged ones are final. Throws DataError.
Known read_known(const study::Study& study, const OutputPaths& paths);

}  // namespace eigensweep::sweep
