// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <unordered_map>

#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/wire/record.hpp"

namespace eigensweep::results {

/// Brings records of earlier versions to today's columns.
///
/// Versions before "<split>_cross_entropy" was a column kept the cross entropy as "<split>_loss", whatever loss was
/// minimised. It becomes "<split>_cross_entropy"; "<split>_loss" stays where cross entropy was minimised, and is
/// missing elsewhere.
class OlderRecords {
 public:
  /// `study` outlives this.
  explicit OlderRecords(const study::Study& study) : study_(study) {}
  void upgrade(wire::Record& record);

 private:
  [[nodiscard]] bool minimised_cross_entropy(const std::string& trial);

  const study::Study& study_;
  std::unordered_map<std::string, std::size_t> trials_;  // by id; filled where an older record is met
};

}  // namespace eigensweep::results
