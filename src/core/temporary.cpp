// SPDX-License-Identifier: MIT
#include "eigensweep/core/temporary.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <random>

#include "eigensweep/core/file.hpp"

namespace eigensweep::file {
namespace {

constexpr std::string_view prefix = ".eigensweep-tmp-";
constexpr std::size_t digits = 16;
constexpr std::size_t longest_stem = 100;  // bytes; the whole name stays below the 143 of an encrypted file system

/// Cut where a character of UTF-8 ends.
std::string shortened(const std::string& stem) {
  if (stem.size() <= longest_stem) return stem;
  std::size_t end = longest_stem;
  while (end > 0 && (static_cast<unsigned char>(stem[end]) & 0xC0U) == 0x80U) --end;
  return stem.substr(0, end);
}

std::string fresh_name(const std::string& stem) {
  std::random_device device;
  const std::uint64_t number = (static_cast<std::uint64_t>(device()) << 32U) | device();
  return fmt::format("{}{}-{:016x}", prefix, shortened(stem), number);
}

}  // namespace

Temporary::Temporary(const std::filesystem::path& folder, const std::string& stem,
                     const std::filesystem::path& on_behalf_of) {
  do {
    path_ = folder / fresh_name(stem);
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && (errno == EEXIST || errno == EINTR));
  if (descriptor_ < 0) fail_to_write(on_behalf_of, "create", errno);
}

Temporary::~Temporary() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

void Temporary::rename_to(const std::filesystem::path& path) {
  if (::rename(path_.c_str(), path.c_str()) != 0) fail_to_write(path, "replace", errno);
  path_.clear();
}

bool is_temporary_name(std::string_view name) {
  if (!name.starts_with(prefix) || name.size() < prefix.size() + 1 + digits) return false;
  const std::string_view end = name.substr(name.size() - digits - 1);
  return end.front() == '-' && end.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
}

}  // namespace eigensweep::file
