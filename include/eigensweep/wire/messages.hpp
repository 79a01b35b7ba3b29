// SPDX-License-Identifier: MIT
// The protocol: every message between the processes of a run. All processes of a run are of one build, so the protocol
// may change freely.
//
//   eigensweep, rank 0  <--- MPI: ToLeader, ToFollower --->  eigensweep, rank 1, 2, ...
//         ^ Happening                                            ^ Happening
//     its supervisor                                         its supervisor
//         ^ two pipes: FromWorker, ToWorker                      ^ two pipes
//     eigensweep-worker                                      eigensweep-worker
//
// A message is sent as a frame (wire/frame.hpp). Its header has the `type` and the fields, which every process on the
// way may read. The member `bytes`, where a message has one, follows the header and is decoded only by the receiver.
// wire/codec.hpp encodes and decodes messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "eigensweep/wire/failure.hpp"
#include "eigensweep/wire/fields.hpp"
#include "eigensweep/wire/introduction.hpp"
#include "eigensweep/wire/record.hpp"

namespace eigensweep::wire {

/// What a busy worker is doing.
enum class Stage : std::uint8_t {
  start,     ///< from receiving a task to the first Progress; workers never send this value
  train,     ///< trains all lanes
  evaluate,  ///< runs one attack or metric on all lanes
};

constexpr std::string_view word(Stage stage) {
  switch (stage) {
    case Stage::start:
      return "start";
    case Stage::train:
      return "train";
    case Stage::evaluate:
      return "evaluate";
  }
  return "";
}

// From a worker to its supervisor. A worker is started as
//   eigensweep-worker --device cpu|cuda:K --threads T --in-fd 3 --out-fd 4
// It reads frames on descriptor 3 and writes frames on 4. Its standard output and error go to a log. The kernel kills
// it (SIGKILL) when its supervisor dies.

/// The worker has started.
struct Hello {
  static constexpr const char* type = "hello";
  std::string device;  ///< "cpu" or "cuda:K"
  std::int64_t threads = 0;
  std::string cpus;   ///< CPUs that it may use, as a list such as "0-3,8"; "" if unknown
  std::string torch;  ///< version of LibTorch
  double memory = 0;  ///< bytes that are free on the device
  std::string host;
  std::int64_t pid = 0;
  static constexpr auto fields() {
    return std::tuple(field("device", &Hello::device), field("threads", &Hello::threads), field("cpus", &Hello::cpus),
                      field("torch", &Hello::torch), field("memory", &Hello::memory), field("host", &Hello::host),
                      field("pid", &Hello::pid));
  }
};

/// Progress of a pack. A worker sends about four a second at most, and one at the start of each evaluation.
struct Progress {
  static constexpr const char* type = "progress";
  std::string pack;
  Stage stage = Stage::train;
  std::string label, evaluation;  ///< label and id of the running evaluation; "" in training
  std::int64_t epoch = 0, epochs = 0, step = 0, steps = 0;
  std::vector<double> losses;  ///< one per lane
  static constexpr auto fields() {
    return std::tuple(field("pack", &Progress::pack), field("stage", &Progress::stage),
                      field("label", &Progress::label), field("evaluation", &Progress::evaluation),
                      field("epoch", &Progress::epoch), field("epochs", &Progress::epochs),
                      field("step", &Progress::step), field("steps", &Progress::steps),
                      field("losses", &Progress::losses));
  }
};

// EncodedRecord (wire/record.hpp), type "record": one training or one evaluation of one lane has finished.

/// The pack is done, and all its records were sent.
struct Finished {
  static constexpr const char* type = "finished";
  std::string pack;
  double seconds = 0;
  static constexpr auto fields() {
    return std::tuple(field("pack", &Finished::pack), field("seconds", &Finished::seconds));
  }
};

// Failed (wire/failure.hpp), type "failed": the worker could not finish the pack, and keeps running.

/// The worker was asked to stop, and exits now.
struct Drained {
  static constexpr const char* type = "drained";
  std::string pack;
  bool checkpoint = false;  ///< it wrote a checkpoint, from which the pack can continue
  static constexpr auto fields() {
    return std::tuple(field("pack", &Drained::pack), field("checkpoint", &Drained::checkpoint));
  }
};

using FromWorker = std::variant<Hello, Progress, EncodedRecord, Finished, Failed, Drained>;

// From a supervisor to its worker. A drain is requested by a signal and not by a message, because a busy worker does
// not read messages: on SIGTERM or SIGUSR1 it finishes its step, writes a checkpoint, sends Drained and exits with 0.

/// Run this pack.
struct RunPack {
  static constexpr const char* type = "task";
  Bytes bytes;  ///< encode(PackTask)
  static constexpr auto fields() { return std::tuple(); }
};

/// The worker should exit.
struct Quit {
  static constexpr const char* type = "quit";
  static constexpr auto fields() { return std::tuple(); }
};

using ToWorker = std::variant<RunPack, Quit>;

// From a supervisor to the engine: messages of its workers, and events that the supervisor detects itself.

/// The worker died or hung.
struct Lost {
  static constexpr const char* type = "lost";
  bool busy = false;        ///< it had a pack
  bool said_hello = false;  ///< false: it died while starting, before it read its pack
  bool hung = false;
  std::string message;
  static constexpr auto fields() {
    return std::tuple(field("busy", &Lost::busy), field("said_hello", &Lost::said_hello), field("hung", &Lost::hung),
                      field("message", &Lost::message));
  }
};

/// The worker exited on request.
struct Left {
  static constexpr const char* type = "left";
  bool busy = false;  ///< it had an unfinished pack
  static constexpr auto fields() { return std::tuple(field("busy", &Left::busy)); }
};

/// The slot takes packs again, after its busy worker was lost or stopped.
struct Ready {
  static constexpr const char* type = "ready";
  static constexpr auto fields() { return std::tuple(); }
};

/// The slot is given up, because its workers were lost too often.
struct Retired {
  static constexpr const char* type = "retired";
  std::string message;  ///< the message of the last loss
  static constexpr auto fields() { return std::tuple(field("message", &Retired::message)); }
};

using Happening = std::variant<Hello, Progress, EncodedRecord, Finished, Failed, Drained, Lost, Left, Ready, Retired>;

/// Something happened in a slot of a rank. Encoded as `what`, with the field `slot` added.
struct Event {
  std::size_t slot = 0;
  Happening what;
};

// Between rank 0 and each other rank. One MPI message holds one or more frames.

/// The heartbeat: each rank sends it regularly, to show that it is alive.
struct Alive {
  static constexpr const char* type = "alive";
  static constexpr auto fields() { return std::tuple(); }
};

/// Asks a rank whether it can write into the output folder, and whether it sees the same folder as rank 0.
struct Probe {
  static constexpr const char* type = "probe";
  std::string folder;
  std::string token;  ///< path of a file that rank 0 has just created there
  static constexpr auto fields() { return std::tuple(field("folder", &Probe::folder), field("token", &Probe::token)); }
};

/// The answer to Probe.
struct Probed {
  static constexpr const char* type = "probed";
  std::string problem;  ///< "" if there is none
  static constexpr auto fields() { return std::tuple(field("problem", &Probed::problem)); }
};

/// Starts the run on a rank, with the list of its workers.
struct Settings {
  static constexpr const char* type = "settings";
  std::string logs;  ///< folder for the workers' logs
  std::vector<WorkerPlace> places;
  static constexpr auto fields() {
    return std::tuple(field("logs", &Settings::logs), field("places", &Settings::places));
  }
};

/// A pack for a worker.
struct Give {
  static constexpr const char* type = "give";
  std::size_t slot = 0;
  Bytes bytes;  ///< as in RunPack
  static constexpr auto fields() { return std::tuple(field("slot", &Give::slot)); }
};

/// Rank 0 suspects that the worker of a slot hangs. The supervisor checks its own last contact, and kills the worker if
/// that was too long ago.
struct Doubt {
  static constexpr const char* type = "doubt";
  std::size_t slot = 0;
  double seconds = 0;  ///< how long the worker may be silent
  static constexpr auto fields() { return std::tuple(field("slot", &Doubt::slot), field("seconds", &Doubt::seconds)); }
};

/// Asks all workers to stop: finish the step, write a checkpoint, exit.
struct Drain {
  static constexpr const char* type = "drain";
  static constexpr auto fields() { return std::tuple(); }
};

/// Kills all workers at once.
struct Kill {
  static constexpr const char* type = "kill";
  static constexpr auto fields() { return std::tuple(); }
};

/// Rank 0 now writes results.h5. This may take long, so the other ranks stop checking its heartbeat.
struct Concluding {
  static constexpr const char* type = "concluding";
  static constexpr auto fields() { return std::tuple(); }
};

/// Asks the rank to exit with this code.
struct Leave {
  static constexpr const char* type = "leave";
  int code = 0;
  static constexpr auto fields() { return std::tuple(field("code", &Leave::code)); }
};

/// The rank received a signal that asks it to stop.
struct Stopping {
  static constexpr const char* type = "stopping";
  static constexpr auto fields() { return std::tuple(); }
};

/// The last message of a rank, its reply to Leave.
struct Bye {
  static constexpr const char* type = "bye";
  static constexpr auto fields() { return std::tuple(); }
};

using ToFollower = std::variant<Alive, Probe, Settings, Give, Doubt, Drain, Kill, Concluding, Leave>;
using ToLeader = std::variant<Introduction, Probed, Alive, Event, Stopping, Bye>;

}  // namespace eigensweep::wire
