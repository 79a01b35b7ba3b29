// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/process/worker_process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/sweep/process/worker_environment.hpp"

namespace eigensweep::sweep {
namespace {

constexpr int worker_in = 3;
constexpr int worker_out = 4;

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

[[noreturn]] void fail(const std::filesystem::path& program, const char* call) {
  throw SystemError(fmt::format("{}: cannot start the worker: {}: {}; check the limits on processes and open files",
                                program.string(), call, file::system_message(errno)));
}

/// A pipe whose descriptors are above 9, so that dup2() to 3, 4 and 5 in the child overwrites none of them.
std::array<Descriptor, 2> make_pipe(const std::filesystem::path& program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(program, "pipe");
  std::array<Descriptor, 2> low{Descriptor(ends[0]), Descriptor(ends[1])};
  std::array<Descriptor, 2> high;
  for (std::size_t i = 0; i < 2; ++i) {
    high[i] = Descriptor(::fcntl(low[i].get(), F_DUPFD_CLOEXEC, 10));
    if (high[i].get() < 0) fail(program, "fcntl");
  }
  return high;
}

/// A null-terminated array for execve(2).
std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

cpu_set_t mask_of(const std::vector<int>& cpus) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  for (const int cpu : cpus) {
    if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(cpu), &mask);
  }
  return mask;
}

/// The child between fork and exec. It may only make async-signal-safe calls, because MPI has started threads in the
/// parent. Reports the errno of a failure on `report`.
[[noreturn]] void become_worker(const char* program, char* const* arguments, char* const* environment,
                                const cpu_set_t& cpus, int in, int out, int log, int report, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died before the line above
  for (const int number : {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE, SIGHUP, SIGCHLD}) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY);
  if (::dup2(null, STDIN_FILENO) >= 0 && ::dup2(log, STDOUT_FILENO) >= 0 && ::dup2(log, STDERR_FILENO) >= 0 &&
      ::dup2(in, worker_in) >= 0 && ::dup2(out, worker_out) >= 0 && ::dup2(report, 5) >= 0) {
    ::fcntl(5, F_SETFD, FD_CLOEXEC);
#ifdef SYS_close_range
    // Some descriptors of MPI are not close-on-exec. On kernels without this call they stay open, which is harmless.
    ::syscall(SYS_close_range, 6U, ~0U, 0U);
#endif
    // Fails if none of these CPUs belongs to the job any more; the worker then runs with the inherited mask.
    if (CPU_COUNT(&cpus) > 0) ::sched_setaffinity(0, sizeof(cpus), &cpus);
    ::execve(program, arguments, environment);
  }
  const int reason = errno;
  [[maybe_unused]] const auto ignored = ::write(5, &reason, sizeof(reason));
  ::_exit(127);
}

std::string describe_end(int status) {
  if (WIFEXITED(status)) return fmt::format("exit code {}", WEXITSTATUS(status));
  const int number = WTERMSIG(status);
  const char* hint = number == SIGKILL ? "; perhaps the system was out of memory" : "";
  return fmt::format("killed by signal {} ({}{})", number, ::strsignal(number), hint);
}

}  // namespace

WorkerProcess::WorkerProcess(const WorkerCommand& command) : log_(command.log) {
  const std::string program = command.program.string();
  Descriptor log(::open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (log.get() < 0) file::fail_to_write(command.log, "open the worker's log", errno);
  log = Descriptor(::fcntl(log.get(), F_DUPFD_CLOEXEC, 10));
  std::error_code ignored;
  log_start_ = std::filesystem::file_size(command.log, ignored);
  auto to_worker = make_pipe(command.program);
  auto from_worker = make_pipe(command.program);
  auto report = make_pipe(command.program);

  std::vector<std::string> words{program,
                                 "--device",
                                 command.device,
                                 "--threads",
                                 std::to_string(command.threads),
                                 "--in-fd",
                                 std::to_string(worker_in),
                                 "--out-fd",
                                 std::to_string(worker_out)};
  const std::vector<char*> arguments = pointers_to(words);
  std::vector<std::string> variables = worker_environment(own_environment(), command.threads);
  const std::vector<char*> environment = pointers_to(variables);
  const cpu_set_t cpus = mask_of(command.cpus);

  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) fail(command.program, "fork");
  if (pid_ == 0) {
    become_worker(program.c_str(), arguments.data(), environment.data(), cpus, to_worker[0].get(), from_worker[1].get(),
                  log.get(), report[1].get(), parent);
  }
  { const Descriptor closed_here = std::move(report[1]); }
  int reason = 0;
  ssize_t count = 0;
  do {
    count = ::read(report[0].get(), &reason, sizeof(reason));
  } while (count < 0 && errno == EINTR);
  if (count == static_cast<ssize_t>(sizeof(reason))) {
    ::waitpid(pid_, nullptr, 0);
    throw SystemError(fmt::format("{}: cannot start the worker: {}; set EIGENSWEEP_WORKER to the right program",
                                  program, file::system_message(reason)));
  }
  read_ = from_worker[0].release();
  write_ = to_worker[1].release();
  ::fcntl(read_, F_SETFL, O_NONBLOCK);
  ::fcntl(write_, F_SETFL, O_NONBLOCK);
}

WorkerProcess::~WorkerProcess() {
  if (!ended_) {
    ::kill(pid_, SIGKILL);
    // The kernel ends a process late that waits for a broken file system or device. It is then left to the kernel,
    // because the other workers need this process meanwhile.
    constexpr int attempts = 1000;
    for (int i = 0; i < attempts && ::waitpid(pid_, nullptr, WNOHANG) == 0; ++i) ::usleep(2000);
  }
  if (read_ >= 0) ::close(read_);
  if (write_ >= 0) ::close(write_);
}

void WorkerProcess::send(const wire::Bytes& frame) {
  unsent_.insert(unsent_.end(), frame.begin(), frame.end());
  flush();
}

void WorkerProcess::flush() {
  std::size_t sent = 0;
  while (sent < unsent_.size()) {
    const ssize_t count = ::write(write_, unsent_.data() + sent, unsent_.size() - sent);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) break;
      // The worker is gone; its exit status will tell more than this error.
      sent = unsent_.size();
      break;
    }
    sent += static_cast<std::size_t>(count);
  }
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
}

std::vector<wire::Frame> WorkerProcess::receive() {
  std::vector<std::uint8_t> buffer(std::size_t{1} << 16);
  while (read_ >= 0) {
    const ssize_t count = ::read(read_, buffer.data(), buffer.size());
    if (count > 0) {
      reader_.feed(buffer.data(), static_cast<std::size_t>(count));
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    ::close(std::exchange(read_, -1));
  }
  std::vector<wire::Frame> frames;
  while (auto frame = reader_.next()) frames.push_back(std::move(*frame));
  return frames;
}

void WorkerProcess::signal(int number) noexcept {
  if (!ended_) ::kill(pid_, number);
}

std::optional<std::string> WorkerProcess::ended() {
  if (!ended_) {
    int status = 0;
    const pid_t result = ::waitpid(pid_, &status, WNOHANG);
    if (result == 0 || (result < 0 && errno == EINTR)) return std::nullopt;
    ended_ = true;
    if (result == pid_) {
      how_ = describe_end(status);
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    } else {
      how_ = "lost without a trace";
    }
  }
  return how_;
}

std::string WorkerProcess::last_words() const {
  constexpr std::uintmax_t tail = 4096;
  constexpr std::size_t most_lines = 3;
  constexpr std::size_t most_characters = 500;
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(log_, error);
  if (error || size <= log_start_) return "";
  std::ifstream stream(log_, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(std::max(log_start_, size > tail ? size - tail : 0)));
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    lines.push_back(line);
    if (lines.size() > most_lines) lines.erase(lines.begin());
  }
  std::string words;
  for (const std::string& line : lines) words += (words.empty() ? "" : " | ") + line;
  if (words.size() > most_characters) words = "..." + words.substr(words.size() - most_characters);
  // The text goes into one-line messages and into CBOR strings, which must be UTF-8.
  for (char& c : words) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  }
  return words;
}

std::filesystem::path find_worker() {
  if (const char* given = std::getenv("EIGENSWEEP_WORKER"); given != nullptr && *given != '\0') {
    if (::access(given, X_OK) == 0) return given;
    throw SystemError(
        fmt::format("{}: no program can be run there (EIGENSWEEP_WORKER names it); correct or unset it", given));
  }
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path beside = self.parent_path() / "eigensweep-worker";
  if (!error && ::access(beside.c_str(), X_OK) == 0) return beside;
  throw SystemError(
      fmt::format("{}: the worker program is not there (it trains the networks); build with "
                  "-DEIGENSWEEP_WITH_TORCH=ON, or set EIGENSWEEP_WORKER",
                  beside.string()));
}

}  // namespace eigensweep::sweep
