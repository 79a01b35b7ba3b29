// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/sweep/folder/known.hpp"
#include "eigensweep/sweep/folder/output_folder.hpp"

namespace eigensweep::sweep {

/// What tells a file from the one that it was. A file that is written anew in place and given its old modification time
/// still has another change time; only a clock that was set back, or a file system without change times, hides it.
struct FileStamp {
  std::string path;
  std::int64_t size = 0;
  std::int64_t modified = 0;  ///< nanoseconds since 1970
  std::int64_t changed = 0;   ///< nanoseconds since 1970, of content or inode
  std::uint64_t inode = 0;
  bool operator==(const FileStamp&) const = default;
};

/// Throws DataError when there is no such file.
FileStamp stamp_of(const std::filesystem::path& file);

/// A file system's clock is coarse: a file that changed so shortly before it was read may change again within one tick,
/// unseen. `now`: nanoseconds since 1970.
bool is_settled(const FileStamp& stamp, std::int64_t now);

/// The content of every dataset that a study names, and what is to be remembered of it.
struct Contents {
  std::map<std::string, std::string> hashes;  ///< SHA-256, by the text of the "dataset" section (json_text)
  Json memory;                                ///< what datasets.json is to hold
  std::vector<std::string> warnings;
};

/// Hashes the datasets (or finds their hashes in datasets.json, when the files are those that were hashed by this
/// build), and holds them against the records of the output folder and against each other. Changes nothing.
/// Throws DataError when the records, or two sections that mean the same data, have different contents; when data is
/// missing or broken.
Contents check_contents(const study::Study& study, const study::Catalog& catalog, const Known& known,
                        const OutputPaths& paths);

/// Writes datasets.json. Throws SystemError.
void keep_contents(const Contents& contents, const OutputPaths& paths);

}  // namespace eigensweep::sweep
