// SPDX-License-Identifier: MIT
// Identifies GPUs by the driver's ids, because SLURM and CUDA_VISIBLE_DEVICES renumber the indices.
#include <array>
#include <cstdio>
#include <sstream>

#include "eigensweep/sweep/job/placement.hpp"

namespace eigensweep::sweep {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  return start == std::string::npos ? "" : text.substr(start, text.find_last_not_of(" \t\r\n") - start + 1);
}

}  // namespace

std::vector<Gpu> visible_gpus(const std::vector<Gpu>& all, const std::string& visible) {
  if (visible.empty()) return all;
  std::vector<Gpu> shown;
  std::istringstream entries(visible);
  for (std::string entry; std::getline(entries, entry, ',');) {
    entry = trimmed(entry);
    const Gpu* found = nullptr;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool by_id = entry.size() > 4 && all[i].id.starts_with(entry);  // CUDA accepts any unique prefix of an id
      if (by_id || entry == std::to_string(i)) found = &all[i];
    }
    if (found == nullptr) return {};
    shown.push_back(*found);
  }
  return shown;
}

std::vector<Gpu> driver_gpus() {
  FILE* stream = ::popen("timeout 20 nvidia-smi --query-gpu=uuid,name --format=csv,noheader 2>/dev/null", "r");
  if (stream == nullptr) return {};
  std::vector<Gpu> gpus;
  std::array<char, 512> line{};
  while (std::fgets(line.data(), line.size(), stream) != nullptr) {
    const std::string text = line.data();
    const std::size_t comma = text.find(',');
    if (comma != std::string::npos) gpus.push_back({trimmed(text.substr(0, comma)), trimmed(text.substr(comma + 1))});
  }
  return ::pclose(stream) == 0 ? gpus : std::vector<Gpu>{};
}

}  // namespace eigensweep::sweep
