// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <future>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace eigensweep::sweep {

/// Keeps results.h5 up to date with the ledger: rewrites it now and then in a second thread, and once more at the end.
/// With a million trials this takes too long for the main loop. Times are seconds since the run began.
class Publisher {
 public:
  using Warnings = std::vector<std::string>;
  /// Makes results.h5 from the ledger; returns warnings about the records.
  using Publish = std::function<Warnings()>;
  /// Starts a publication that does not block the caller.
  using Launch = std::function<std::future<Warnings>(const Publish&)>;

  static constexpr double least_pause = 30;  ///< seconds between two results.h5
  static constexpr double share = 20;        ///< the pause after a publication is so many times as long as it took

  explicit Publisher(Publish publish, Launch launch = in_a_thread);

  /// The ledger has records that results.h5 does not show.
  void has_news() noexcept { has_news_ = true; }
  /// Starts a publication if one is due and `may_begin` is true, or checks whether the running one has ended. Returns
  /// the seconds that an ended one took.
  std::optional<double> turn(double now, bool may_begin);
  /// Waits for the running publication, if there is one. Returns the seconds from its start to `now`.
  std::optional<double> finish(double now);
  /// Publishes in this thread if results.h5 lacks records. Throws what publishing throws, unlike the earlier tries,
  /// which only log a warning.
  void publish_last();

 private:
  static std::future<Warnings> in_a_thread(const Publish& publish);
  void say_once(const Warnings& warnings);

  Publish publish_;
  Launch launch_;
  std::future<Warnings> running_;
  double began_ = 0;
  double next_ = least_pause;
  std::set<std::string> said_;  ///< warnings already logged: each is logged once in a run
  /// True at the start: the last run may have been killed before it wrote results.h5, or may have had another study.
  bool has_news_ = true;
};

}  // namespace eigensweep::sweep
