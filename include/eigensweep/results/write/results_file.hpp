// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/wire/ledger.hpp"

namespace eigensweep::results {

/// Raised when a reader of the old layout would misread the new one. docs/formats.md describes the layout.
inline constexpr int format_version = 1;
inline constexpr const char* file_type = "eigensweep-results";

/// Where the result of an attack at one intensity stands: a record, and the row of its columns.
struct RecordRow {
  std::shared_ptr<const wire::Record> record;
  std::size_t row = 0;
};

/// The ledger's records, arranged for look-up. Later records replace earlier ones, intensity by intensity. A failure
/// replaces no number: it stands where nothing else does.
class RecordStore {
 public:
  void add(wire::Record record);

  /// Null when there is none.
  [[nodiscard]] const wire::Record* training(const std::string& trial) const;
  /// The newest record of an evaluation (of whatever intensities); null when there is none.
  [[nodiscard]] const wire::Record* evaluation(const std::string& trial, const std::string& evaluation) const;
  /// The newest result at one intensity; null when there is none.
  [[nodiscard]] const RecordRow* at_intensity(const std::string& trial, const std::string& evaluation,
                                              double intensity) const;

 private:
  struct Evaluated {
    std::shared_ptr<const wire::Record> newest;
    std::map<double, RecordRow> intensities;
    RecordRow failure;  ///< of intensities that older programs did not name
  };
  struct Trial {
    std::shared_ptr<const wire::Record> training;
    RecordRow failure;  ///< to train it again, for evaluations that it lacks
    std::map<std::string, Evaluated> evaluations;
  };
  [[nodiscard]] const Trial* find(const std::string& trial) const;
  std::map<std::string, Trial> trials_;
};

/// Writes the results file of a study: the results in `store` that the study asks for. Replaces `file` in one step: a
/// reader sees the old content or the new one, even after a crash. Adds `provenance` to the hosts, devices and versions
/// that the records note. Returns a line for each column that records have and their kind does not declare, or the
/// other way round; it writes these lines among the study's warnings too. Throws SystemError.
std::vector<std::string> write_results(const std::filesystem::path& file, const study::Study& study,
                                       const study::Catalog& catalog, const RecordStore& store, const Json& provenance);

/// The same from a ledger; what write_results() returns goes to `warnings`. Throws SystemError, DataError.
wire::LedgerReport collect(const std::filesystem::path& ledger, const std::filesystem::path& file,
                           const study::Study& study, const study::Catalog& catalog, const Json& provenance,
                           std::vector<std::string>* warnings = nullptr);

}  // namespace eigensweep::results
