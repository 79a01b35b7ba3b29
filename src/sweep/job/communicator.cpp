// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/job/communicator.hpp"

// Only the C interface: MPI-3 removed the C++ one.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

namespace eigensweep::sweep {
namespace {

constexpr int tag = 7;

void check(int result, const char* call) {
  if (result == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> words{};
  int length = 0;
  MPI_Error_string(result, words.data(), &length);
  throw SystemError(fmt::format("{} failed: {}; the sweep can be continued with the same command", call,
                                std::string(words.data(), static_cast<std::size_t>(length))));
}

const char* step_tasks() {
  const char* tasks = std::getenv("SLURM_STEP_NUM_TASKS");
  if (tasks == nullptr && std::getenv("SLURM_STEP_ID") != nullptr) tasks = std::getenv("SLURM_NTASKS");
  return tasks;
}

}  // namespace

bool is_launched() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"}) {
    if (std::getenv(name) != nullptr) return true;
  }
  const char* tasks = step_tasks();
  return tasks != nullptr && std::atoi(tasks) > 1;
}

std::string refuse_serial_mpi(int mpi_size, const char* step_tasks) {
  const int tasks = step_tasks == nullptr ? 1 : std::atoi(step_tasks);
  if (mpi_size > 1 || tasks <= 1) return "";
  return fmt::format(
      "MPI sees one rank in an srun of {} tasks (each would run the whole study); start with `srun --mpi=pmix` "
      "(`srun --mpi=list` shows what there is), or with mpirun",
      tasks);
}

struct Communicator::Mpi {
  MPI_Comm world = MPI_COMM_NULL;
  MPI_Comm node = MPI_COMM_NULL;
  struct Sending {
    wire::Bytes bytes;  // must live until the request is complete
    MPI_Request request = MPI_REQUEST_NULL;
  };
  std::deque<Sending> sending;  // a deque: entries must not move

  void reap() {
    while (!sending.empty()) {
      int done = 0;
      check(MPI_Test(&sending.front().request, &done, MPI_STATUS_IGNORE), "MPI_Test");
      if (done == 0) return;
      sending.pop_front();
    }
  }
};

Communicator::Communicator() {
  if (!is_launched()) return;
  int provided = 0;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
    throw SystemError("MPI_Init_thread failed; check how the job was started, or start without a launcher");
  }
  mpi_ = std::make_unique<Mpi>();
  // A separate communicator keeps our messages and our error handler apart from those of other users of MPI.
  check(MPI_Comm_dup(MPI_COMM_WORLD, &mpi_->world), "MPI_Comm_dup");
  check(MPI_Comm_set_errhandler(mpi_->world, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(mpi_->world, &rank_), "MPI_Comm_rank");
  check(MPI_Comm_size(mpi_->world, &size_), "MPI_Comm_size");
  check(MPI_Comm_split_type(mpi_->world, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &mpi_->node),
        "MPI_Comm_split_type");
  check(MPI_Comm_rank(mpi_->node, &node_rank_), "MPI_Comm_rank");
  check(MPI_Comm_size(mpi_->node, &node_size_), "MPI_Comm_size");
  if (const std::string refusal = refuse_serial_mpi(size_, step_tasks()); !refusal.empty()) {
    MPI_Finalize();
    throw SystemError(refusal);
  }
}

Communicator::~Communicator() {
  if (!mpi_) return;
  if (std::uncaught_exceptions() > 0 && size_ > 1) {
    MPI_Abort(MPI_COMM_WORLD, static_cast<int>(ExitCode::system));
    return;
  }
  MPI_Finalize();
}

void Communicator::send(int to, wire::Bytes frames) {
  EIGENSWEEP_EXPECT(mpi_ && to != rank_);
  Mpi::Sending& sending = mpi_->sending.emplace_back();
  sending.bytes = std::move(frames);
  EIGENSWEEP_EXPECT(sending.bytes.size() <= static_cast<std::size_t>(INT_MAX));
  check(MPI_Isend(sending.bytes.data(), static_cast<int>(sending.bytes.size()), MPI_BYTE, to, tag, mpi_->world,
                  &sending.request),
        "MPI_Isend");
}

std::optional<Letter> Communicator::receive() {
  if (!mpi_ || size_ == 1) return std::nullopt;
  mpi_->reap();
  int there = 0;
  MPI_Message handle = MPI_MESSAGE_NULL;
  MPI_Status status{};
  check(MPI_Improbe(MPI_ANY_SOURCE, tag, mpi_->world, &there, &handle, &status), "MPI_Improbe");
  if (there == 0) return std::nullopt;
  int count = 0;
  check(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
  Letter letter{status.MPI_SOURCE, wire::Bytes(static_cast<std::size_t>(count))};
  check(MPI_Mrecv(letter.frames.data(), count, MPI_BYTE, &handle, MPI_STATUS_IGNORE), "MPI_Mrecv");
  return letter;
}

void Communicator::flush() {
  if (!mpi_) return;
  constexpr useconds_t pause = 200;  // microseconds: a blocking wait would burn the core
  for (mpi_->reap(); !mpi_->sending.empty(); mpi_->reap()) ::usleep(pause);
}

std::vector<wire::Bytes> Communicator::gather_on_node(const wire::Bytes& mine) const {
  if (!mpi_) return {mine};
  const auto length = static_cast<int>(mine.size());
  wire::Bytes all(mine.size() * static_cast<std::size_t>(node_size_));
  check(MPI_Allgather(mine.data(), length, MPI_BYTE, all.data(), length, MPI_BYTE, mpi_->node), "MPI_Allgather");
  std::vector<wire::Bytes> parts;
  for (std::size_t start = 0; start < all.size(); start += mine.size()) {
    parts.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(start),
                       all.begin() + static_cast<std::ptrdiff_t>(start + mine.size()));
  }
  return parts;
}

void Communicator::abort(ExitCode code) const {
  if (mpi_) MPI_Abort(MPI_COMM_WORLD, static_cast<int>(code));
  std::_Exit(static_cast<int>(code));
}

}  // namespace eigensweep::sweep
