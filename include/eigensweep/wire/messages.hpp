// SPDX-License-Identifier: MIT
// The protocol: every message between the processes of a run. One build speaks it with itself, so it may change freely.
//
//   eigensweep, rank 0  <--- MPI: ToLeader, ToFollower --->  eigensweep, rank 1, 2, ...
//         ^ Happening                                            ^ Happening
//     its supervisor                                         its supervisor
//         ^ two pipes: FromWorker, ToWorker                      ^ two pipes
//     eigensweep-worker                                      eigensweep-worker
//
// A message is a frame (wire/frame.hpp): a header with its `type` and its fields, which everybody on the way may read,
// and bytes, which only its receiver takes apart (the member `bytes`, where it has one). Codec: wire/codec.hpp.
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

/// What a busy worker is at.
enum class Stage : std::uint8_t {
  start,     ///< from the task to the first word about it; no worker says so
  train,     ///< of all lanes
  evaluate,  ///< one attack or metric on all lanes
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

// From a worker to its supervisor. It is started as
//   eigensweep-worker --device cpu|cuda:K --threads T --in-fd 3 --out-fd 4
// and reads frames on descriptor 3 and writes them on 4; its standard output and error are a log. Its supervisor's end
// ends it (SIGKILL).

/// The worker is up.
struct Hello {
  static constexpr const char* type = "hello";
  std::string device;  ///< "cpu" or "cuda:K"
  std::int64_t threads = 0;
  std::string cpus;   ///< where it may run, as a list; "" if unknown
  std::string torch;  ///< its version
  double memory = 0;  ///< bytes that are free on the device
  std::string host;
  std::int64_t pid = 0;
  static constexpr auto fields() {
    return std::tuple(field("device", &Hello::device), field("threads", &Hello::threads), field("cpus", &Hello::cpus),
                      field("torch", &Hello::torch), field("memory", &Hello::memory), field("host", &Hello::host),
                      field("pid", &Hello::pid));
  }
};

/// How far a pack is; at most about four a second.
struct Progress {
  static constexpr const char* type = "progress";
  std::string pack;
  Stage stage = Stage::train;
  std::string label, evaluation;  ///< of the evaluation that runs: its label and its id; "" in training
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

// EncodedRecord (wire/record.hpp), type "record": one training or one evaluation of one lane is done.

/// The pack is done, and every record of it was sent.
struct Finished {
  static constexpr const char* type = "finished";
  std::string pack;
  double seconds = 0;
  static constexpr auto fields() {
    return std::tuple(field("pack", &Finished::pack), field("seconds", &Finished::seconds));
  }
};

// Failed (wire/failure.hpp), type "failed": the worker could not finish the pack, and lives on.

/// The worker was asked to stop, and leaves.
struct Drained {
  static constexpr const char* type = "drained";
  std::string pack;
  bool checkpoint = false;  ///< the pack goes on from one
  static constexpr auto fields() {
    return std::tuple(field("pack", &Drained::pack), field("checkpoint", &Drained::checkpoint));
  }
};

using FromWorker = std::variant<Hello, Progress, EncodedRecord, Finished, Failed, Drained>;

// From a supervisor to its worker. Draining is a signal and no message, so that it is seen in the middle of a step: at
// SIGTERM or SIGUSR1 a worker finishes its step, writes a checkpoint, sends Drained and exits with 0.

/// Run this pack.
struct RunPack {
  static constexpr const char* type = "task";
  Bytes bytes;  ///< encode(PackTask)
  static constexpr auto fields() { return std::tuple(); }
};

/// There is nothing more to do.
struct Quit {
  static constexpr const char* type = "quit";
  static constexpr auto fields() { return std::tuple(); }
};

using ToWorker = std::variant<RunPack, Quit>;

// From a supervisor to the engine: what its workers say, and what it sees itself.

/// The worker died or hung.
struct Lost {
  static constexpr const char* type = "lost";
  bool busy = false;        ///< with a pack
  bool said_hello = false;  ///< else it never touched its pack
  bool hung = false;
  std::string message;
  static constexpr auto fields() {
    return std::tuple(field("busy", &Lost::busy), field("said_hello", &Lost::said_hello), field("hung", &Lost::hung),
                      field("message", &Lost::message));
  }
};

/// The worker left as it was asked to.
struct Left {
  static constexpr const char* type = "left";
  bool busy = false;  ///< with a pack that is not done
  static constexpr auto fields() { return std::tuple(field("busy", &Left::busy)); }
};

/// The slot takes packs again, after it lost a busy worker.
struct Ready {
  static constexpr const char* type = "ready";
  static constexpr auto fields() { return std::tuple(); }
};

/// The slot is given up: its workers were lost too often.
struct Retired {
  static constexpr const char* type = "retired";
  std::string message;  ///< of the last loss
  static constexpr auto fields() { return std::tuple(field("message", &Retired::message)); }
};

using Happening = std::variant<Hello, Progress, EncodedRecord, Finished, Failed, Drained, Lost, Left, Ready, Retired>;

/// What happened in a slot of a rank. Travels as what happened, with one field more, `slot`.
struct Event {
  std::size_t slot = 0;
  Happening what;
};

// Between rank 0 and each other rank. One buffer of MPI holds one frame or several.

/// Whoever has nothing else to say is alive.
struct Alive {
  static constexpr const char* type = "alive";
  static constexpr auto fields() { return std::tuple(); }
};

/// Can this rank write into the output folder, and is it the one that rank 0 sees?
struct Probe {
  static constexpr const char* type = "probe";
  std::string folder;
  std::string token;  ///< a file there, just made by rank 0
  static constexpr auto fields() { return std::tuple(field("folder", &Probe::folder), field("token", &Probe::token)); }
};

/// The answer to Probe.
struct Probed {
  static constexpr const char* type = "probed";
  std::string problem;  ///< "" if there is none
  static constexpr auto fields() { return std::tuple(field("problem", &Probed::problem)); }
};

/// The run begins: these are the rank's workers.
struct Settings {
  static constexpr const char* type = "settings";
  std::string logs;  ///< folder of the workers' logs
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

/// The worker of a slot should have said something by now. It is ended if, seen from its supervisor, it has not.
struct Doubt {
  static constexpr const char* type = "doubt";
  std::size_t slot = 0;
  double seconds = 0;  ///< that it may have been silent
  static constexpr auto fields() { return std::tuple(field("slot", &Doubt::slot), field("seconds", &Doubt::seconds)); }
};

/// All workers are to stop: finish the step, write a checkpoint, leave.
struct Drain {
  static constexpr const char* type = "drain";
  static constexpr auto fields() { return std::tuple(); }
};

/// All workers are ended now.
struct Kill {
  static constexpr const char* type = "kill";
  static constexpr auto fields() { return std::tuple(); }
};

/// Rank 0 writes results.h5, which may take as long as it likes.
struct Concluding {
  static constexpr const char* type = "concluding";
  static constexpr auto fields() { return std::tuple(); }
};

/// The rank leaves with this exit code.
struct Leave {
  static constexpr const char* type = "leave";
  int code = 0;
  static constexpr auto fields() { return std::tuple(field("code", &Leave::code)); }
};

/// The rank was asked to stop, by a signal.
struct Stopping {
  static constexpr const char* type = "stopping";
  static constexpr auto fields() { return std::tuple(); }
};

/// The last word of a rank, after Leave.
struct Bye {
  static constexpr const char* type = "bye";
  static constexpr auto fields() { return std::tuple(); }
};

using ToFollower = std::variant<Alive, Probe, Settings, Give, Doubt, Drain, Kill, Concluding, Leave>;
using ToLeader = std::variant<Introduction, Probed, Alive, Event, Stopping, Bye>;

}  // namespace eigensweep::wire
