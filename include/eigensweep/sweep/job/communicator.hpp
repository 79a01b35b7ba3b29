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

/// What another rank sent: the frames of one or more messages (wire/messages.hpp).
struct Letter {
  int source = 0;
  wire::Bytes frames;
};

/// MPI as far as a sweep needs it: whole letters between ranks, never a blocking call in between. Not started by a
/// launcher, it is the only rank of a job of one and never touches MPI: a start on a laptop costs nothing.
/// mpi.h is included by its source alone.
class Communicator {
 public:
  /// Throws SystemError when MPI cannot start, or started as a job of one rank inside an srun of several.
  Communicator();
  /// Ends MPI when the stack unwinds normally. While an exception passes through a job of several ranks, aborts the
  /// job: the others would wait for this rank for ever.
  ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] int size() const noexcept { return size_; }
  /// Place among the ranks of this machine, and how many they are.
  [[nodiscard]] int node_rank() const noexcept { return node_rank_; }
  [[nodiscard]] int node_size() const noexcept { return node_size_; }

  /// Queues a letter; never blocks.
  void send(int to, wire::Bytes frames);
  /// The next letter, if one has come.
  std::optional<Letter> receive();
  /// Waits until everything that was sent has left.
  void flush();
  /// Every rank of this machine gives bytes of one length; each gets all of them, in the order of node_rank.
  std::vector<wire::Bytes> gather_on_node(const wire::Bytes& mine) const;
  /// Ends every rank.
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
/// The refusal of a job of `mpi_size` ranks where the environment promises `step_tasks`; "" if all is well.
std::string refuse_serial_mpi(int mpi_size, const char* step_tasks);

}  // namespace eigensweep::sweep
