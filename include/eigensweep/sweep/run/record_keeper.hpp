// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "eigensweep/sweep/schedule/coordinator.hpp"
#include "eigensweep/wire/record.hpp"

namespace eigensweep::sweep {

/// How many of a study's trials are done, failed and diverged. Diverged trials are also done.
struct Tally {
  std::size_t done = 0;
  std::size_t failed = 0;
  std::size_t diverged = 0;
};

/// Collects records until they are written to the ledger, and counts the trials that they complete. A record counts
/// only once it is saved.
class RecordKeeper {
 public:
  /// Makes records durable before it returns (wire::Ledger::append_encoded). Throws SystemError.
  using Append = std::function<void(const std::vector<wire::EncodedRecord>&)>;
  /// Seconds since the run began.
  using Now = std::function<double()>;

  /// `trials`: ids, by index. `before`: the counts of earlier runs.
  RecordKeeper(const std::vector<std::string>& trials, std::size_t workers, Tally before, Append append, Now now);

  /// The index of a trial. Throws DataError for a trial that is not of this study.
  [[nodiscard]] std::size_t trial_of(const std::string& id) const;
  /// The worker got this pack, which lacks the records that have not been kept yet. Drops the records held for this
  /// worker.
  void expect(std::size_t worker, const study::Pack& pack);
  /// Queues a record for the next append.
  void keep(wire::EncodedRecord&& record);
  /// Holds a record back until release(), which queues all records of the trial together. Needed where networks are not
  /// saved, because all numbers of a trial must come from one network.
  void hold(std::size_t worker, std::size_t trial, wire::EncodedRecord&& record);
  void release(std::size_t worker, std::size_t trial);
  /// Counts the trial as failed and queues records with that status for what it lacks. Does nothing and returns false
  /// after a failed append, which may itself be the reason that records of the trial are missing.
  bool give_up(const GivenUp& given_up);

  [[nodiscard]] bool has_unsaved() const noexcept { return !unsaved_.empty(); }
  /// Whether records are queued and the pause after the last append is over.
  [[nodiscard]] bool is_due() const { return has_unsaved() && now_() >= next_save_; }
  /// Appends and counts the queued records. Throws SystemError; they stay queued then.
  void save();
  /// Whether a record of this run is in the ledger.
  [[nodiscard]] bool has_saved() const noexcept { return has_saved_; }
  [[nodiscard]] const Tally& tally() const noexcept { return tally_; }

 private:
  struct Trial {
    std::size_t missing = 0;  ///< number of records that it lacks in the ledger
    std::size_t unsaved = 0;  ///< number of its queued records
    bool is_failed = false;   ///< given up in this run
  };
  using Held = std::unordered_map<std::size_t, std::vector<wire::EncodedRecord>>;  ///< by trial

  void count(const wire::EncodedRecord& record);
  void mark_failed(Trial& trial);

  std::unordered_map<std::string, std::size_t> index_;
  std::vector<std::string> ids_;
  std::vector<Trial> trials_;
  std::vector<Held> held_;  ///< by worker
  std::vector<wire::EncodedRecord> unsaved_;
  Tally tally_;
  Append append_;
  Now now_;
  double next_save_ = 0;
  bool has_saved_ = false;
  bool save_failed_ = false;
};

}  // namespace eigensweep::sweep
