// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/temporary.hpp"
#include "scratch.hpp"

using namespace eigensweep;
namespace fs = std::filesystem;

namespace {

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

struct stat status_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

/// A full device. Root gets a device of the test's own, because root could replace the machine's.
std::optional<fs::path> full_device(const fs::path& folder) {
  if (::geteuid() != 0) return "/dev/full";
  const fs::path made = folder / "full";
  if (::mknod(made.c_str(), S_IFCHR | 0600, makedev(1, 7)) != 0 || ::access(made.c_str(), W_OK) != 0) return {};
  return made;
}

/// Sets the test's umask for a scope.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t before_;
};

}  // namespace

TEST_CASE("an atomic write leaves the old content or the new one, and nothing beside") {
  const Scratch scratch;
  const auto path = scratch.path() / "a.txt";
  file::write_atomically(path, "one");
  file::write_atomically(path, "two");
  CHECK(file::read(path) == "two");
  CHECK_THROWS_AS(file::replace_atomically(path,
                                           [](const fs::path& temporary) {
                                             std::ofstream(temporary) << "half";
                                             throw std::runtime_error("killed");
                                           }),
                  std::runtime_error);
  CHECK(file::read(path) == "two");
  file::replace_atomically(path, [](const fs::path& temporary) { std::ofstream(temporary) << "whole"; });
  CHECK(file::read(path) == "whole");
  CHECK(names_in(scratch.path()) == std::set<std::string>{"a.txt"});
}

TEST_CASE("a file that cannot be read or written says which and why, and what to do") {
  const Scratch scratch;
  const std::string path = (scratch.path() / "nowhere" / "x").string();
  CHECK_THROWS_WITH(file::read(path), path + ": cannot open: No such file or directory (error 2)");
  CHECK_THROWS_WITH(file::write_atomically(path, ""), path + ": cannot create: No such file or directory (error 2)");
  for (const auto& [number, advice] :
       {std::pair{ENOSPC, "free some space, then run the same command again"},
        {EDQUOT, "free some space, then run the same command again"},
        {EFBIG, "raise the limit on the size of a file (ulimit -f), then run the same command again"},
        {EACCES, "make it writable for you, or choose another place"},
        {EROFS, "make it writable for you, or choose another place"},
        {EIO, "look at the file system, then run the same command again"}}) {
    try {
      file::fail_to_write("x", "write", number);
    } catch (const SystemError& error) {
      CHECK(error.what() == fmt::format("x: cannot write: {}; {}", file::system_message(number), advice));
    }
  }
}

TEST_CASE("a temporary takes nobody's name and tells its own from all others") {
  const Scratch scratch;
  const std::vector<std::string> foreign{"a.txt.tmp",
                                         "a.tmp",
                                         ".a.txt.swp",
                                         ".eigensweep-tmp-a.txt",
                                         ".eigensweep-tmp-a.txt-0123456789abcdeg",
                                         "a.txt-0123456789abcdef"};
  for (const std::string& name : foreign) {
    std::ofstream(scratch.path() / name) << name;
    CHECK_FALSE(file::is_temporary_name(name));
  }
  file::write_atomically(scratch.path() / "a.txt", "mine");
  file::write_to(scratch.path() / "a.txt", "mine");
  for (const std::string& name : foreign) CHECK(file::read(scratch.path() / name) == name);
  std::set<std::string> seen;
  for (const std::string& stem : {std::string("a.txt"), std::string(255, 'x'), std::string("é") + std::string(255, 'x'),
                                  std::string(), std::string(99, 'x') + "éé"}) {
    for (int i = 0; i < 2; ++i) {
      const file::Temporary temporary(scratch.path(), stem, "result");
      CHECK(file::is_temporary_name(temporary.path().filename().string()));
      CHECK(temporary.path().extension() != ".txt");
      CHECK(seen.insert(temporary.path().string()).second);
      CHECK(fs::exists(temporary.path()));
    }
  }
  for (const std::string& name : seen) CHECK_FALSE(fs::exists(name));
}

TEST_CASE("the longest name that a file system takes can be written") {
  const Scratch scratch;
  const auto path = scratch.path() / std::string(255, 'n');
  file::write_atomically(path, "one");
  file::write_to(path, "two");
  CHECK(file::read(path) == "two");
}

TEST_CASE("links are followed, also those that lead to nothing yet") {
  const Scratch scratch;
  const auto& folder = scratch.path();
  fs::create_directory(folder / "real");
  fs::create_symlink("real/table.csv", folder / "first");
  fs::create_symlink(folder / "first", folder / "second");
  for (const auto& write : {file::write_atomically, file::write_to}) {
    for (int round = 0; round < 2; ++round) {
      const std::string content = std::to_string(round);
      write(folder / "second", content);
      CHECK(fs::is_symlink(folder / "first"));
      CHECK(fs::is_symlink(folder / "second"));
      CHECK(file::read(folder / "real" / "table.csv") == content);
      CHECK(names_in(folder / "real") == std::set<std::string>{"table.csv"});
    }
    fs::remove(folder / "real" / "table.csv");
  }
  fs::create_symlink("round", folder / "round");
  CHECK_THROWS_WITH(file::write_to(folder / "round", "x"),
                    Catch::Contains("round: cannot follow its links: Too many levels of symbolic links"));
}

TEST_CASE("what is no regular file is written to and never replaced") {
  const Scratch scratch;
  const auto& folder = scratch.path();
  const std::string content(300000, 'x');  // more than a pipe holds

  SECTION("a FIFO") {
    const auto fifo = folder / "fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    std::string got;
    std::thread reader([&] { got = file::read(fifo); });
    file::write_to(fifo, content);
    reader.join();
    CHECK(got == content);
    CHECK(S_ISFIFO(status_of(fifo).st_mode));
  }
  SECTION("a device: a terminal, whose folder lets nobody replace it") {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE((master >= 0 && ::grantpt(master) == 0 && ::unlockpt(master) == 0));
    const std::string terminal = ::ptsname(master);
    const int slave = ::open(terminal.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    file::write_to(terminal, "xyz");
    std::string got(3, ' ');
    CHECK(::read(master, got.data(), got.size()) == 3);
    CHECK(got == "xyz");
    CHECK(S_ISCHR(status_of(terminal).st_mode));
    ::close(slave);
    ::close(master);
  }
  SECTION("a full device") {
    const auto full = full_device(folder);
    if (!full) {
      WARN("left out: root that may make no device would put the machine's own at risk");
      return;
    }
    CHECK_THROWS_WITH(file::write_to(*full, content),
                      full->string() +
                          ": cannot write: No space left on device (error 28); free some space, then run "
                          "the same command again");
    CHECK(S_ISCHR(status_of(*full).st_mode));
  }
  SECTION("a descriptor of this process, by each of its names, as a shell's process substitution is") {
    const auto log = folder / "log";
    const int descriptor = ::open(log.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(descriptor >= 0);
    REQUIRE(::write(descriptor, "before ", 7) == 7);
    fs::create_symlink(fmt::format("/proc/self/fd/{}", descriptor), folder / "link");
    const ino_t before = status_of(log).st_ino;
    for (const fs::path& name : {fs::path(fmt::format("/dev/fd/{}", descriptor)), folder / "link",
                                 fs::path(fmt::format("/proc/{}/fd/{}", ::getpid(), descriptor))}) {
      file::write_to(name, "more ");
    }
    CHECK(file::read(log) == "before more more more ");
    CHECK(status_of(log).st_ino == before);
    CHECK(fs::is_symlink(folder / "link"));
    // Its name no longer leads to a file.
    fs::remove(log);
    file::write_to(folder / "link", "end");
    CHECK(::lseek(descriptor, 0, SEEK_END) == 25);
    ::close(descriptor);
    CHECK_THROWS_AS(file::write_to(fmt::format("/dev/fd/{}", descriptor), "x"), file::WriteError);
  }
  SECTION("a folder") {
    CHECK_THROWS_WITH(file::write_to(folder, "x"), Catch::Contains("cannot write: Is a directory"));
    CHECK(fs::is_directory(folder));
  }
}

TEST_CASE("umask decides the modes of files and folders; an old file that a user names keeps its own") {
  const Scratch scratch;
  for (const mode_t mask : {0002U, 0022U, 0027U, 0077U}) {
    const Umask set(mask);
    const auto folder = scratch.path() / fmt::format("{:o}", mask);
    file::make_folder(folder / "deep");
    file::write_atomically(folder / "a", "x");
    file::replace_atomically(folder / "b", [](const fs::path& temporary) { std::ofstream(temporary) << "x"; });
    file::write_to(folder / "c", "x");
    for (const char* name : {"a", "b", "c"}) CHECK((status_of(folder / name).st_mode & 07777U) == (0666U & ~mask));
    CHECK((status_of(folder / "deep").st_mode & 0777U) == (0777U & ~mask));
    ::chmod((folder / "c").c_str(), 0640);
    file::write_to(folder / "c", "y");
    CHECK((status_of(folder / "c").st_mode & 07777U) == 0640);
  }
}

TEST_CASE("removing is quiet about what is not there, and says what cannot be removed") {
  const Scratch scratch;
  file::write_atomically(scratch.path() / "a", "x");
  file::remove(scratch.path() / "a");
  file::remove(scratch.path() / "a");
  CHECK(names_in(scratch.path()).empty());
  CHECK_THROWS_AS(file::remove(scratch.path()), file::WriteError);
}

TEST_CASE("where there is no room, the old content stays and nothing lies beside it") {
  const Scratch scratch;
  const auto path = scratch.path() / "a";
  file::write_atomically(path, "old");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit small = before;
  small.rlim_cur = 1000;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string message;
  try {
    file::write_atomically(path, std::string(5000, 'x'));
  } catch (const file::WriteError& error) {
    message = error.what();
  }
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK_THAT(message, Catch::Contains("a: cannot write: File too large"));
  CHECK(file::read(path) == "old");
  CHECK(names_in(scratch.path()) == std::set<std::string>{"a"});
}
