// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/json.hpp"

namespace eigensweep::sweep {

/// What another rank sent.
struct Message {
  int source = 0;
  Json content;
  std::vector<std::uint8_t> attachment;
};

/// A message as it travels: the content's length (u64), the content as CBOR, the attachment. unpack_message() leaves
/// `source` alone.
std::vector<std::uint8_t> pack_message(const Json& content, const std::vector<std::uint8_t>& attachment);
Message unpack_message(const std::vector<std::uint8_t>& bytes);

/// MPI as far as a sweep needs it: whole messages between ranks, never a blocking call in between. Not started by a
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

  /// Queues a message; never blocks.
  void send(int to, const Json& content, const std::vector<std::uint8_t>& attachment = {});
  /// The next message, if one has come.
  std::optional<Message> receive();
  /// Waits until everything that was sent has left.
  void flush();
  /// Every rank of this machine gives bytes of one length; each gets all of them, in the order of node_rank.
  std::vector<std::vector<std::uint8_t>> gather_on_node(const std::vector<std::uint8_t>& mine) const;
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
