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

/// What became of a study's trials.
struct Tally {
  std::size_t done = 0;
  std::size_t failed = 0;
  std::size_t diverged = 0;
};

/// The records of a run on their way into the ledger, and what they say of their trials. Records wait here until they
/// are saved; they count only then.
class RecordKeeper {
 public:
  /// Makes records durable before it returns (wire::Ledger::append_encoded). Throws SystemError.
  using Append = std::function<void(const std::vector<wire::EncodedRecord>&)>;
  /// Seconds since the run began.
  using Now = std::function<double()>;

  /// `trials`: ids, by index. `before`: what earlier runs did.
  RecordKeeper(const std::vector<std::string>& trials, std::size_t workers, Tally before, Append append, Now now);

  /// Throws DataError for a trial that is not of this study.
  [[nodiscard]] std::size_t trial_of(const std::string& id) const;
  /// The worker got this pack: what its trials lack now, and nothing is held for it any more.
  void expect(std::size_t worker, const study::Pack& pack);
  /// To be saved with the next append.
  void keep(wire::EncodedRecord&& record) { unsaved_.push_back(std::move(record)); }
  /// Kept with the others of its trial, by release(): the numbers of a trial come from one network.
  void hold(std::size_t worker, std::size_t trial, wire::EncodedRecord&& record);
  void release(std::size_t worker, std::size_t trial);
  /// The trial failed; so say the records that are kept of what it lacks. Returns whether it did: after a failed append
  /// nothing was stored, so nothing may be called failed either.
  bool give_up(const GivenUp& given_up);

  [[nodiscard]] bool has_unsaved() const noexcept { return !unsaved_.empty(); }
  /// Something waits, and the last append is long enough ago.
  [[nodiscard]] bool is_due() const { return has_unsaved() && now_() >= next_save_; }
  /// Appends what waits, and counts it. Throws SystemError; then it still waits.
  void save();
  /// A record of this run is in the ledger.
  [[nodiscard]] bool has_saved() const noexcept { return has_saved_; }
  [[nodiscard]] const Tally& tally() const noexcept { return tally_; }

 private:
  struct Trial {
    std::size_t missing = 0;  ///< records that it still lacks
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
