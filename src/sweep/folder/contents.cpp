// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/folder/contents.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/core/version.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/expand/identity.hpp"

namespace eigensweep::sweep {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t coarsest_tick = 2 * second;  // of FAT
constexpr double large = 1e9;                       // bytes; reading more takes seconds

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * second + time.tv_nsec; }

std::int64_t now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

Json to_json(const FileStamp& stamp) {
  return {{"path", stamp.path},
          {"size", stamp.size},
          {"modified", stamp.modified},
          {"changed", stamp.changed},
          {"inode", stamp.inode}};
}

std::string build() {
  return fmt::format("{} {}{}", build_info().version, build_info().git_revision,
                     build_info().git_dirty ? "-dirty" : "");
}

const study::Kind& dataset_kind(const study::Catalog& catalog, const Json& section) {
  const study::Kind* kind = catalog.find(study::Family::dataset, section.at("kind").get<std::string>());
  EIGENSWEEP_EXPECT(kind != nullptr && kind->content_hash != nullptr);
  return *kind;
}

/// Where the data is, for messages.
std::string place_of(const study::Kind& kind, const Json& section) {
  for (const study::Option& option : kind.options.all()) {
    if (!option.path) continue;
    const std::string place = section.value(option.name, "");
    return place.empty() ? fmt::format("the copy of '{}' that comes with eigensweep", kind.name) : place;
  }
  return fmt::format("'{}', which is computed", kind.name);
}

/// The entries of datasets.json; empty if there is no such file, or it cannot be parsed.
Json read_memory(const OutputPaths& paths) {
  std::error_code error;
  if (!std::filesystem::exists(paths.datasets(), error)) return Json::array();
  try {
    Json document = Json::parse(file::read(paths.datasets()));
    Json entries = Json::array();
    for (Json& entry : document.at("datasets")) {
      if (entry.at("section").is_object() && entry.at("sha256").is_string() && entry.at("files").is_array()) {
        entries.push_back(std::move(entry));
      }
    }
    return entries;
  } catch (const std::exception&) {
    return Json::array();  // then everything is hashed again
  }
}

class Hasher {
 public:
  Hasher(const study::Catalog& catalog, Json memory) : catalog_(catalog) {
    for (Json& entry : memory) add(std::move(entry));
  }

  /// All contents that were ever found, oldest first.
  Json memory() const {
    Json kept = Json::array();
    for (const Json& entry : entries_) {
      if (!entry.is_null()) kept.push_back(entry);
    }
    return kept;
  }

  std::string operator()(const Json& section) {
    const study::Kind& kind = dataset_kind(catalog_, section);
    const std::optional<Json> before = stamps(kind, section);
    if (const Json* known = find(section); known != nullptr && before && is_same(*known, *before)) {
      return known->at("sha256").get<std::string>();
    }
    const std::int64_t began = now();
    say_if_large(before.value_or(Json::array()));
    std::string hash = kind.content_hash(section);
    forget(section, hash);
    Json entry{{"section", section}, {"sha256", hash}, {"build", build()}, {"files", Json::array()}};
    // Even without stamps the entry records where this content was found.
    if (before && stamps(kind, section) == before && all_settled(*before, began)) {
      entry["files"] = *before;
      entry["is_complete"] = true;
    }
    add(std::move(entry));
    return hash;
  }

 private:
  /// Nothing if the files of the dataset are unknown.
  static std::optional<Json> stamps(const study::Kind& kind, const Json& section) {
    if (!kind.files) return std::nullopt;
    const auto files = kind.files(section);
    if (!files) return std::nullopt;
    Json stamps = Json::array();
    for (const std::filesystem::path& file : *files) stamps.push_back(to_json(stamp_of(file)));
    return stamps;
  }

  static void say_if_large(const Json& stamps) {
    double size = 0;
    for (const Json& stamp : stamps) size += stamp.at("size").get<double>();
    if (size > large) log::info("reading {} of data, to know its content by its hash", text::bytes(size));
  }

  static bool all_settled(const Json& stamps, std::int64_t now) {
    return std::all_of(stamps.begin(), stamps.end(), [now](const Json& stamp) {
      FileStamp made;
      made.modified = stamp.at("modified").get<std::int64_t>();
      made.changed = stamp.at("changed").get<std::int64_t>();
      return is_settled(made, now);
    });
  }

  static bool is_same(const Json& entry, const Json& stamps) {
    return entry.value("is_complete", false) && entry.value("build", "") == build() && entry.at("files") == stamps;
  }

  void add(Json entry) {
    by_section_[json_text(entry.at("section"))].push_back(entries_.size());
    entries_.push_back(std::move(entry));
  }

  /// The newest entry of this section, or null.
  const Json* find(const Json& section) const {
    const auto found = by_section_.find(json_text(section));
    return found == by_section_.end() || found->second.empty() ? nullptr : &entries_[found->second.back()];
  }

  void forget(const Json& section, const std::string& hash) {
    std::erase_if(by_section_[json_text(section)], [&](std::size_t place) {
      const bool is_it = entries_[place].at("sha256") == hash;
      if (is_it) entries_[place] = nullptr;
      return is_it;
    });
  }

  const study::Catalog& catalog_;
  std::vector<Json> entries_;  // null: removed by forget()
  std::unordered_map<std::string, std::vector<std::size_t>> by_section_;
};

/// Where earlier runs found data of each identity: identity -> content hash -> place.
using Places = std::unordered_map<std::string, std::map<std::string, std::string>>;

Places earlier_places(const study::Catalog& catalog, const Json& memory) {
  Places places;
  for (const Json& entry : memory) {
    const Json& section = entry.at("section");
    const study::Kind* kind = catalog.find(study::Family::dataset, section.value("kind", std::string()));
    if (kind == nullptr) continue;
    try {
      places[study::dataset_identity(catalog, section)].emplace(entry.at("sha256").get<std::string>(),
                                                                place_of(*kind, section));
    } catch (const nlohmann::json::exception&) {
      continue;  // written by another version with other options
    }
  }
  return places;
}

/// Content hash -> which records were made with it (the beginning of a sentence), for earlier records of such data.
/// `places`: hash -> place.
std::map<std::string, std::string> earlier_hashes(const Known& known, const std::map<std::string, std::string>& places,
                                                  const std::string& section) {
  std::map<std::string, std::string> hashes;
  if (const auto found = known.made_with.by_section.find(section); found != known.made_with.by_section.end()) {
    for (const auto& [hash, trial] : found->second) hashes.emplace(hash, fmt::format("trial {} was", trial));
  }
  // Also counts records of trials that the study no longer has.
  for (const auto& entry : places) {
    if (known.made_with.hashes.count(entry.first) > 0) hashes.emplace(entry.first, "its records were");
  }
  return hashes;
}

std::string ways_out(const study::Kind& kind) {
  return fmt::format(
      "choose another --output, bring the old data back{}; /dataset/sha256 can say which content is meant",
      kind.options.find("label") == nullptr ? "" : ", or give the new data a /dataset/label of its own");
}

}  // namespace

FileStamp stamp_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    throw DataError(fmt::format("{}: cannot be looked at: {}", file.string(), file::system_message(errno)));
  }
  return {file.string(), status.st_size, nanoseconds(status.st_mtim), nanoseconds(status.st_ctim), status.st_ino};
}

bool is_settled(const FileStamp& stamp, std::int64_t now) {
  return std::max(stamp.modified, stamp.changed) + coarsest_tick < now;
}

Contents check_contents(const study::Study& study, const study::Catalog& catalog, const Known& known,
                        const OutputPaths& paths) {
  Contents contents;
  const Json memory = read_memory(paths);
  Places earlier = earlier_places(catalog, memory);
  Hasher hash_of(catalog, memory);
  std::map<std::string, std::pair<std::string, std::string>> by_identity;  // hash and place
  for (const Json& section : study.dataset_sections()) {
    const std::string text = json_text(section);
    if (section.is_null()) {
      contents.hashes.emplace(text, "");
      continue;
    }
    const study::Kind& kind = dataset_kind(catalog, section);
    const std::string identity = study::dataset_identity(catalog, section);
    const std::string place = place_of(kind, section);
    const std::string hash = hash_of(section);
    contents.hashes.emplace(text, hash);
    const auto [other, is_new] = by_identity.emplace(identity, std::pair{hash, place});
    if (!is_new && other->second.first != hash) {
      throw DataError(
          fmt::format("{}: /dataset: {} has the content hash {} and {} has {} under the same options (where data lies "
                      "is no part of "
                      "what a trial is, so numbers of both would count as one); keep one{}",
                      study.file.string(), other->second.second, other->second.first, place, hash,
                      kind.options.find("label") == nullptr ? "" : ", or give each a /dataset/label of its own"));
    }
    const std::map<std::string, std::string>& places = earlier[identity];
    for (const auto& [old, owner] : earlier_hashes(known, places, text)) {
      if (old == hash) continue;
      const std::string was = places.count(old) > 0 ? places.at(old) : "";
      throw DataError(fmt::format(
          "{}: {} made from {} with the content hash {}, but the study now names {} with {} (numbers of two "
          "datasets would be mixed); {}",
          paths.folder().string(), owner, was.empty() ? "a file whose place was not noted" : was, old, place, hash,
          ways_out(kind)));
    }
  }
  contents.memory = hash_of.memory();
  if (known.made_with.without_a_hash > 0) {
    contents.warnings.push_back(
        fmt::format("{}: {} records do not say what data they were made with (an early version wrote them); they are "
                    "taken as made with what the study names",
                    paths.ledger().string(), known.made_with.without_a_hash));
  }
  return contents;
}

void keep_contents(const Contents& contents, const OutputPaths& paths) {
  const Json document{{"format_version", 1}, {"datasets", contents.memory}};
  file::write_atomically(paths.datasets(), json_text(document, 2) + "\n");
}

}  // namespace eigensweep::sweep
