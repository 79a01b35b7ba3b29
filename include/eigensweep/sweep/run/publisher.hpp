// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <future>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace eigensweep::sweep {

/// Keeps results.h5 close to the ledger: makes it anew now and then, in a thread of its own, and once more at the end.
/// A results file of a million trials takes longer than any worker may wait. Times are seconds since the run began.
class Publisher {
 public:
  using Warnings = std::vector<std::string>;
  /// Makes results.h5 from the ledger; returns what is worth saying of the records.
  using Publish = std::function<Warnings()>;
  /// Starts a publication beside the caller.
  using Launch = std::function<std::future<Warnings>(const Publish&)>;

  static constexpr double least_pause = 30;  ///< seconds between two results.h5
  static constexpr double share = 20;        ///< at most one part in so many of the time goes into publishing

  explicit Publisher(Publish publish, Launch launch = in_a_thread);

  /// The ledger has records that results.h5 does not show.
  void has_news() noexcept { has_news_ = true; }
  /// Begins a publication if one is due and `may_begin`, or looks whether it has ended. Returns what an ended one took.
  std::optional<double> turn(double now, bool may_begin);
  /// Waits for the publication that is under way, if there is one. Returns what it took.
  std::optional<double> finish(double now);
  /// Publishes what is left to show, in this thread. Throws what publishing throws: this try is the one that counts.
  void publish_last();

 private:
  static std::future<Warnings> in_a_thread(const Publish& publish);
  void say_once(const Warnings& warnings);

  Publish publish_;
  Launch launch_;
  std::future<Warnings> running_;
  double began_ = 0;
  double next_ = least_pause;
  std::set<std::string> said_;  ///< each line once in a run
  /// At the start nobody knows: the last run may have been killed between its last record and results.h5, or have had
  /// another study.
  bool has_news_ = true;
};

}  // namespace eigensweep::sweep
