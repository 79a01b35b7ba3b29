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

/// Identifies the state of a file without reading it. If a file is rewritten in place and given its old modification
/// time, its change time still differs. A change stays unnoticed only if the clock was set back, or on a file system
/// without change times.
struct FileStamp {
  std::string path;
  std::int64_t size = 0;
  std::int64_t modified = 0;  ///< nanoseconds since 1970
  std::int64_t changed = 0;   ///< nanoseconds since 1970, last change of content or inode
  std::uint64_t inode = 0;
  bool operator==(const FileStamp&) const = default;
};

/// Throws DataError when stat(2) fails.
FileStamp stamp_of(const std::filesystem::path& file);

/// Whether the stamp is older than a tick of any file system's clock. A file that changes twice within one tick has the
/// same stamp both times, so a fresh stamp proves nothing. `now`: nanoseconds since 1970.
bool is_settled(const FileStamp& stamp, std::int64_t now);

/// The hashes of all datasets of a study, and what datasets.json will store about them.
struct Contents {
  std::map<std::string, std::string> hashes;  ///< SHA-256, by the text of the "dataset" section (json_text)
  Json memory;                                ///< the entries for datasets.json
  std::vector<std::string> warnings;
};

/// Hashes the datasets, and compares the hashes with the records of the output folder and with each other. Takes a hash
/// from datasets.json if this build made it and the files have not changed since. Changes nothing. Throws DataError
/// when two sections that mean the same data, or a section and the records, have different hashes, or when data is
/// missing or broken.
Contents check_contents(const study::Study& study, const study::Catalog& catalog, const Known& known,
                        const OutputPaths& paths);

/// Writes datasets.json. Throws SystemError.
void keep_contents(const Contents& contents, const OutputPaths& paths);

}  // namespace eigensweep::sweep
