// SPDX-License-Identifier: MIT
#include "eigensweep/core/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "eigensweep/core/error.hpp"

namespace eigensweep::file {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

[[noreturn]] void fail(const std::filesystem::path& path, const char* what, int error_number) {
  const char* advice =
      error_number == ENOSPC || error_number == EDQUOT ? "; free some space, then run the same command again" : "";
  throw SystemError(fmt::format("{}: cannot {}: {}{}", path.string(), what, system_message(error_number), advice));
}

void sync_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems refuse to sync a folder; the rename itself is still atomic there.
  if (descriptor.get() >= 0) ::fsync(descriptor.get());
}

std::filesystem::path temporary_of(const std::filesystem::path& path) { return path.string() + ".tmp"; }

void publish(const std::filesystem::path& temporary, const std::filesystem::path& path) {
  {
    const Descriptor descriptor(::open(temporary.c_str(), O_RDONLY | O_CLOEXEC));
    if (descriptor.get() < 0) fail(temporary, "open", errno);
    if (::fsync(descriptor.get()) != 0) fail(temporary, "write", errno);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "replace", errno);
  sync_folder(path.parent_path());
}

}  // namespace

std::string system_message(int error_number) {
  return fmt::format("{} (error {})", std::strerror(error_number), error_number);
}

std::string read(const std::filesystem::path& path) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) throw DataError(fmt::format("{}: cannot open: {}", path.string(), system_message(errno)));
  std::string content;
  std::string buffer(std::size_t{1} << 16, '\0');
  for (;;) {
    const ssize_t count = ::read(descriptor.get(), buffer.data(), buffer.size());
    if (count == 0) return content;
    if (count < 0) {
      if (errno == EINTR) continue;
      throw DataError(fmt::format("{}: cannot read: {}", path.string(), system_message(errno)));
    }
    content.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

void write_atomically(const std::filesystem::path& path, std::string_view content) {
  replace_atomically(path, [&](const std::filesystem::path& temporary) {
    Descriptor descriptor(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (descriptor.get() < 0) fail(temporary, "create", errno);
    std::string_view left = content;
    while (!left.empty()) {
      const ssize_t count = ::write(descriptor.get(), left.data(), left.size());
      if (count < 0) {
        if (errno == EINTR) continue;
        fail(temporary, "write", errno);
      }
      left.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::close(descriptor.release()) != 0) fail(temporary, "write", errno);
  });
}

void replace_atomically(const std::filesystem::path& path,
                        const std::function<void(const std::filesystem::path&)>& write) {
  const std::filesystem::path temporary = temporary_of(path);
  try {
    write(temporary);
    publish(temporary, path);
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw;
  }
}

void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) fail(path, "create the folder", error.value());
}

}  // namespace eigensweep::file
