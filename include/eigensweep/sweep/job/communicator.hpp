// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/wire/fields.hpp"

namespace eigensweep::sweep {

/// An MPI message of another rank. It holds one or more frames (wire/messages.hpp).
struct Letter {
  int source = 0;
  wire::Bytes frames;
};

/// The part of MPI that a sweep needs: send() and receive() never block. A process that no launcher started is the only
/// rank of its job and does not initialise MPI, which saves the start-up time on a laptop. Only the .cpp file includes
/// mpi.h.
class Communicator {
 public:
  /// Throws SystemError when MPI cannot start, or when it sees one rank in an srun of several tasks.
  Communicator();
  /// Finalises MPI. If an exception is unwinding the stack in a job of several ranks, aborts the job instead, because
  /// the other ranks would wait for this one for ever.
  ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] int size() const noexcept { return size_; }
  /// This rank's number among the ranks of its machine, and how many ranks those are.
  [[nodiscard]] int node_rank() const noexcept { return node_rank_; }
  [[nodiscard]] int node_size() const noexcept { return node_size_; }

  /// Queues a letter of less than 2 GiB. Never blocks. Throws SystemError when MPI fails.
  void send(int to, wire::Bytes frames);
  /// The next letter, if one has arrived. Never waits for one. Throws SystemError when MPI fails.
  std::optional<Letter> receive();
  /// Waits until MPI has sent all queued letters.
  void flush();
  /// Collective on this machine, blocking: returns the bytes of all its ranks in the order of node_rank. All ranks must
  /// give the same number of bytes.
  std::vector<wire::Bytes> gather_on_node(const wire::Bytes& mine) const;
  /// Ends all ranks of the job with this exit code.
  [[noreturn]] void abort(ExitCode code) const;

 private:
  struct Mpi;
  std::unique_ptr<Mpi> mpi_;
  int rank_ = 0;
  int size_ = 1;
  int node_rank_ = 0;
  int node_size_ = 1;
};

/// Whether the environment says that a launcher (mpirun, srun with an MPI plugin) started this process.
bool is_launched();
/// The error message if MPI sees one rank (`mpi_size`) in an srun of several tasks (`step_tasks`); otherwise "".
std::string refuse_serial_mpi(int mpi_size, const char* step_tasks);

}  // namespace eigensweep::sweep
