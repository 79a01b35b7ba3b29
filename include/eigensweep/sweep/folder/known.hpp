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

/// Which data the ledger's records were made with.
struct MadeWith {
  /// A trial of the study, by the text of its "dataset" section (json_text) and then by content hash.
  std::map<std::string, std::map<std::string, std::string>> by_section;
  std::set<std::string> hashes;    ///< content hashes of all records, also of trials of other studies
  std::size_t without_a_hash = 0;  ///< number of records of the study's trials that have no content hash
};

/// What earlier runs have done.
struct Known {
  study::Done done;
  std::size_t finished = 0;  ///< trials of the study that lack no record
  std::size_t diverged = 0;  ///< how many of `finished` diverged
  std::size_t failed = 0;    ///< unfinished trials that failed and were not trained again since; they are retried
  bool has_models = false;   ///< the folder has networks, of any trial
  MadeWith made_with;
  wire::LedgerReport report;
};

/// Reads the ledger and lists the models and checkpoints. A trial has a model only if the model's file exists. Failed
/// trials and evaluations count as missing, so a new run retries them; diverged ones are final. Throws DataError as
/// wire::read_ledger() does.
Known read_known(const study::Study& study, const OutputPaths& paths);

}  // namespace eigensweep::sweep
