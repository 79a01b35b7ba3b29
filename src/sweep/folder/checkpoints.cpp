// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/folder/checkpoints.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <set>

#include "eigensweep/core/json.hpp"

namespace eigensweep::sweep {
namespace {

constexpr std::uint64_t most_header = 100'000'000;  // bytes, the limit of the format

}  // namespace

// A safetensors file begins with the length of its JSON header (u64) and the header. See docs/formats.md.
std::vector<std::string> checkpoint_trials(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::uint64_t length = 0;
  char bytes[sizeof length];
  if (!stream.read(bytes, sizeof bytes)) return {};
  std::memcpy(&length, bytes, sizeof length);
  std::error_code error;
  if (length > most_header || length > std::filesystem::file_size(file, error) || error) return {};
  std::string text(length, '\0');
  if (!stream.read(text.data(), static_cast<std::streamsize>(length))) return {};
  try {
    // Not Json, which keeps the order of keys, and searches all keys for each new one.
    using nlohmann::json;
    const json position = json::parse(json::parse(text).at("__metadata__").at("position").get<std::string>());
    auto trials = position.at("trials").get<std::vector<std::string>>();
    if (std::set<std::string>(trials.begin(), trials.end()).size() != trials.size()) return {};
    return trials;
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

std::vector<std::vector<std::string>> checkpointed_trials(const std::filesystem::path& folder) {
  std::vector<std::vector<std::string>> packs;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() != ".safetensors") continue;
    std::vector<std::string> trials = checkpoint_trials(entry->path());
    if (!trials.empty()) packs.push_back(std::move(trials));
  }
  std::sort(packs.begin(), packs.end());  // a directory listing has no fixed order
  return packs;
}

}  // namespace eigensweep::sweep
