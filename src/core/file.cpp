// SPDX-License-Identifier: MIT
#include "eigensweep/core/file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>

#include "eigensweep/core/temporary.hpp"

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

 private:
  int number_;
};

const char* advice(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "; free some space, then run the same command again";
    case EFBIG:
      return "; raise the limit on the size of a file (ulimit -f), then run the same command again";
    case EACCES:
    case EPERM:
    case EROFS:
      return "; make it writable for you, or choose another place";
    case EIO:
    case ESTALE:
      return "; look at the file system, then run the same command again";
    default:
      return "";
  }
}

void sync_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems refuse to sync a folder; the rename itself is still atomic there.
  if (descriptor.get() >= 0) ::fsync(descriptor.get());
}

/// What a path names once its links are followed.
struct Target {
  std::filesystem::path path;
  int descriptor = -1;  ///< of this process, where it names one: /dev/stdout, /dev/fd/3
};

std::optional<int> own_descriptor(const std::filesystem::path& path) {
  std::error_code error;
  const auto own = std::filesystem::canonical("/proc/self/fd", error);
  if (error || std::filesystem::canonical(path.has_parent_path() ? path.parent_path() : ".", error) != own || error) {
    return std::nullopt;
  }
  const std::string name = path.filename().string();
  int number = -1;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (problem != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

Target follow(const std::filesystem::path& path) {
  constexpr int most_links = 40;  // as Linux
  std::filesystem::path place = path;
  for (int i = 0; i < most_links; ++i) {
    // The text of such a link is no path: it may name a pipe, or a file that has been removed.
    if (const auto number = own_descriptor(place)) return {place, *number};
    std::error_code error;
    const std::filesystem::path next = std::filesystem::read_symlink(place, error);
    if (error) return {place, -1};
    place = next.is_absolute() ? next : place.parent_path() / next;
  }
  fail_to_write(path, "follow its links", ELOOP);
}

void write_all(int descriptor, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t count = ::write(descriptor, content.data(), content.size());
    if (count >= 0) {
      content.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      pollfd wait{descriptor, POLLOUT, 0};
      ::poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      fail_to_write(path, "write", errno);
    }
  }
}

void publish(Temporary& temporary, const std::filesystem::path& path) {
  if (::fsync(temporary.descriptor()) != 0) fail_to_write(path, "write", errno);
  temporary.rename_to(path);
  sync_folder(path.parent_path());
}

/// Opening a FIFO fails while nobody reads it. The reader may come a moment later, so this retries, but not for ever.
int open_special(const std::filesystem::path& path, bool is_fifo) {
  constexpr int tries = 200;
  for (int i = 0;; ++i) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC | (is_fifo ? O_NONBLOCK : 0));
    if (descriptor >= 0 || !is_fifo || errno != ENXIO) return descriptor;
    if (i == tries) {
      throw WriteError(fmt::format("{}: cannot write: nobody reads this FIFO; start its reader first", path.string()));
    }
    ::usleep(50000);
  }
}

}  // namespace

std::string system_message(int error_number) {
  return fmt::format("{} (error {})", std::strerror(error_number), error_number);
}

void fail_to_write(const std::filesystem::path& path, const char* what, int error_number) {
  throw WriteError(
      fmt::format("{}: cannot {}: {}{}", path.string(), what, system_message(error_number), advice(error_number)),
      error_number);
}

void expect_regular(const std::filesystem::path& path, std::string_view advice) {
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  const char* what = nullptr;
  switch (type) {
    case std::filesystem::file_type::directory:
      what = "folder";
      break;
    case std::filesystem::file_type::fifo:
      what = "FIFO";
      break;
    case std::filesystem::file_type::socket:
      what = "socket";
      break;
    case std::filesystem::file_type::block:
    case std::filesystem::file_type::character:
      what = "device";
      break;
    default:
      return;  // a file, or a path without a status: opening it reports why
  }
  throw DataError(fmt::format("{}: is a {}, not a file; {}", path.string(), what, advice));
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
  const std::filesystem::path place = follow(path).path;
  Temporary temporary(place.parent_path(), place.filename().string(), path);
  write_all(temporary.descriptor(), content, path);
  publish(temporary, place);
}

void replace_atomically(const std::filesystem::path& path,
                        const std::function<void(const std::filesystem::path&)>& write) {
  const std::filesystem::path place = follow(path).path;
  Temporary temporary(place.parent_path(), place.filename().string(), path);
  write(temporary.path());
  publish(temporary, place);
}

void write_to(const std::filesystem::path& path, std::string_view content) {
  const Target target = follow(path);
  if (target.descriptor >= 0) return write_all(target.descriptor, content, path);
  struct stat status {};
  const bool exists = ::stat(target.path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) fail_to_write(path, "write", EISDIR);
  if (exists && !S_ISREG(status.st_mode)) {
    const Descriptor descriptor(open_special(path, S_ISFIFO(status.st_mode)));
    if (descriptor.get() < 0) fail_to_write(path, "open", errno);
    return write_all(descriptor.get(), content, path);
  }
  Temporary temporary(target.path.parent_path(), target.path.filename().string(), path);
  if (exists && ::fchmod(temporary.descriptor(), status.st_mode & 0777U) != 0) fail_to_write(path, "write", errno);
  write_all(temporary.descriptor(), content, path);
  publish(temporary, target.path);
}

void remove(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail_to_write(path, "remove", errno);
}

void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) fail_to_write(path, "create the folder", error.value());
}

}  // namespace eigensweep::file
