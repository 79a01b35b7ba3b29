// SPDX-License-Identifier: MIT
// Which files in an output folder are ours: what a run may write among, and what it may remove.
#include "eigensweep/sweep/folder/ownership.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/temporary.hpp"
#include "eigensweep/sweep/folder/access.hpp"
#include "eigensweep/sweep/folder/checkpoints.hpp"
#include "eigensweep/wire/ledger.hpp"

namespace eigensweep::sweep {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view mark_text =
    "This folder holds the results of an eigensweep study. With this file here, `eigensweep run` writes into it.\n";
constexpr std::string_view hexadecimal = "0123456789abcdef";
constexpr std::string_view decimal = "0123456789";

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

/// The form of the ids of trials and of whole packs.
bool is_id(std::string_view text) { return text.size() == 16 && consists_of(text, hexadecimal); }

/// A pack's id, with suffixes if it is a part of a pack: ".0", ".r1.0".
bool is_pack_id(std::string_view text) {
  if (!is_id(text.substr(0, text.find('.')))) return false;
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos;) {
    const std::size_t next = text.find('.', dot + 1);
    std::string_view part = text.substr(dot + 1, next == std::string_view::npos ? next : next - dot - 1);
    if (part.starts_with('r')) part.remove_prefix(1);
    if (!consists_of(part, decimal)) return false;
    dot = next;
  }
  return true;
}

bool has_form(std::string_view name, std::string_view begin, std::string_view end,
              const std::function<bool(std::string_view)>& middle) {
  return name.size() > begin.size() + end.size() && name.starts_with(begin) && name.ends_with(end) &&
         middle(name.substr(begin.size(), name.size() - begin.size() - end.size()));
}

bool is_model(std::string_view name) { return has_form(name, "", ".safetensors", is_id); }
bool is_checkpoint(std::string_view name) { return has_form(name, "", ".safetensors", is_pack_id); }
/// The form of temporary names in the first versions.
bool is_old_temporary(std::string_view name) { return has_form(name, "", ".safetensors.tmp", is_pack_id); }

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
    throw SystemError(fmt::format("{}: cannot look into it: {}; make it readable, or choose another --output",
                                  folder.string(), file::system_message(error.value())));
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool all_of_names(const fs::path& folder, bool (*is_ours)(std::string_view)) {
  const std::vector<std::string> names = names_in(folder);
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return is_ours(name) || is_old_temporary(name) || file::is_temporary_name(name);
  });
}

std::string text_of(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return "";
  try {
    return file::read(path);
  } catch (const DataError&) {
    return "";
  }
}

bool is_marked(const OutputPaths& paths) {
  std::error_code error;
  // A beginning of the text is enough: its writer may have been killed, or the disk was full.
  return fs::is_regular_file(paths.mark(), error) && mark_text.starts_with(text_of(paths.mark()));
}

bool has_keys(const fs::path& path, std::initializer_list<const char*> keys) {
  const Json json = Json::parse(text_of(path), nullptr, false);
  return json.is_object() && std::all_of(keys.begin(), keys.end(), [&](const char* key) { return json.contains(key); });
}

/// For a folder without a mark and a ledger: whether all names in it are names that earlier versions used.
bool is_laid_out_as_ours(const OutputPaths& paths, const std::vector<std::string>& names) {
  const bool is_begun = has_keys(paths.lock(), {"host", "pid", "since"}) ||
                        has_keys(paths.status(), {"study", "trials", "ranks", "pid"}) ||
                        text_of(paths.folder() / "job.sbatch").find("eigensweep") != std::string::npos;
  const auto is_known = [](const std::string& name) {
    constexpr std::array ours{"study.json", "datasets.json", "status.json", "results.h5",  "ledger.bin",
                              "lock",       "logs",          "models",      "checkpoints", "job.sbatch",
                              "report",     "paper",         "width",       "figures"};
    return std::find(ours.begin(), ours.end(), name) != ours.end() || file::is_temporary_name(name) ||
           name.starts_with(".probe-") || name.starts_with(".seen-") ||
           has_form(name, "job-", ".log", [](std::string_view text) { return consists_of(text, decimal); });
  };
  return is_begun && std::all_of(names.begin(), names.end(), is_known) && all_of_names(paths.models(), is_model) &&
         all_of_names(paths.checkpoints(), is_checkpoint);
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i) {
    text += fmt::format("{}'{}'", i == 0 ? "" : i + 1 == names.size() ? " and " : ", ", names[i]);
  }
  return names.size() > most ? fmt::format("{} and {} more", text, names.size() - most) : text;
}

void remove_from(const fs::path& folder, const std::function<bool(std::string_view)>& is_to_go) {
  std::error_code ignored;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    std::error_code error;
    if (is_to_go(entry->path().filename().string()) && fs::is_regular_file(entry->symlink_status(error))) {
      found.push_back(entry->path());
    }
  }
  for (const fs::path& path : found) ::unlink(path.c_str());
}

}  // namespace

void check_ownership(const OutputPaths& paths, const fs::path& study_file) {
  std::vector<std::string> names = names_in(paths.folder());
  std::erase_if(names, [&](const std::string& name) {
    std::error_code error;
    return name == "lost+found" || file::is_temporary_name(name) ||
           (!study_file.empty() && fs::equivalent(paths.folder() / name, study_file, error));
  });
  if (names.empty() || is_marked(paths) || wire::begins_as_ledger(paths.ledger())) return;
  if (is_laid_out_as_ours(paths, names)) return;
  if (study_file.empty()) {
    throw ConfigError(fmt::format("{}: holds {}, and is no output folder of eigensweep; name that of a run",
                                  paths.folder().string(), listed(names)));
  }
  throw ConfigError(fmt::format(
      "{}: holds {}, and is no output folder of eigensweep (a run would put its files among them, and replace what has "
      "the name of one); choose another --output, one that is empty or not there yet",
      paths.folder().string(), listed(names)));
}

bool is_file_of_a_run(const fs::path& file) {
  std::error_code error;
  const fs::path place = fs::canonical(file, error);
  if (error || !fs::is_regular_file(place, error)) return false;
  const auto is_ours = [](const OutputPaths& paths) {
    std::error_code ignored;
    return is_marked(paths) || fs::is_regular_file(paths.ledger(), ignored);
  };
  const OutputPaths paths(place.parent_path());
  const std::array own{paths.mark(),     paths.ledger(), paths.results(), paths.study(),
                       paths.datasets(), paths.status(), paths.lock()};
  if (std::find(own.begin(), own.end(), place) != own.end()) return is_ours(paths);
  const OutputPaths above(place.parent_path().parent_path());
  const std::array folders{above.models(), above.checkpoints(), above.logs()};
  return std::find(folders.begin(), folders.end(), place.parent_path()) != folders.end() && is_ours(above);
}

void mark_as_ours(const OutputPaths& paths) {
  if (is_marked(paths)) return;
  const int descriptor = ::open(paths.mark().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    if (errno == EEXIST) return;  // another run has started at the same time
    throw file::WriteError(cannot_write_there(paths.folder(), errno), errno);
  }
  const ssize_t written = ::write(descriptor, mark_text.data(), mark_text.size());
  const int reason = written < 0 ? errno : 0;
  ::close(descriptor);
  if (reason != 0) throw file::WriteError(cannot_write_there(paths.folder(), reason), reason);
}

void remove_leftovers(const OutputPaths& paths) {
  for (const fs::path& folder : {paths.folder(), paths.models(), paths.checkpoints()}) {
    remove_from(folder, file::is_temporary_name);
  }
  for (const fs::path& folder : {paths.models(), paths.checkpoints()}) remove_from(folder, is_old_temporary);
}

void remove_checkpoints(const OutputPaths& paths, const std::set<std::string>& trials) {
  remove_from(paths.checkpoints(), [&](std::string_view name) {
    if (!is_checkpoint(name)) return false;
    const std::vector<std::string> held = checkpoint_trials(paths.checkpoints() / name);
    return std::all_of(held.begin(), held.end(), [&](const std::string& trial) { return trials.contains(trial); });
  });
  ::rmdir(paths.checkpoints().c_str());
}

}  // namespace eigensweep::sweep
