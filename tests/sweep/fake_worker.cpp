// SPDX-License-Identifier: MIT
// A worker for the sweep's tests, which needs no Torch: it speaks the messages of wire/messages.hpp but trains nothing.
// Its records depend only on the trials. Compiled with OpenMP, it starts the default number of threads. The JSON object
// EIGENSWEEP_FAKE sets its behaviour (defaults in brackets):
//   steps, step_ms    duration of a pack (10 steps of 1 ms)
//   evaluation_ms     duration of an evaluation (1 ms)
//   crash_seed, hang_seed, error_seed, diverge_seed   a pack with a trial of this seed crashes, hangs, fails, diverges
//   hang_once         a file: the worker that creates it writes its process id into it and hangs in the middle of its
//                     training; no later one does
//   gate              a file: every pack waits in the middle of its training until the file exists, also when asked to
//                     stop
//   slow_seed, slow_ms   a pack with a trial of this seed takes so much longer for one of its steps
//   checkpoint_kib    padding of checkpoints in KiB (0); model_kib: of saved networks
//   most_lanes        packs with more lanes run out of memory
//   data_error        every pack fails because of broken data
//   content           the hash of the data that this worker finds; a task with another hash fails
//   no_start          exits before hello with this message; no_hello: true: never sends hello; garbage: true: sends no
//                     frames
//   devices, no_devices   output of --devices, or its error message
//   measured          what --devices adds to its output with --measure, by the number of the GPU
//   trace             a file to which "<pack> <step>" is appended for every step
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

#include "eigensweep/core/file.hpp"
#include "eigensweep/core/hash.hpp"
#include "eigensweep/wire/codec.hpp"
#include "eigensweep/wire/task.hpp"

using namespace eigensweep;

namespace {

volatile std::sig_atomic_t stop = 0;
int out = 4;
Json fake = Json::object();

void pause_ms(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

double number_of(const std::string& text) {
  return static_cast<double>(std::stoul(hash::sha256(text).substr(0, 8), nullptr, 16)) / 4294967296.0;
}

bool has_seed(const wire::PackTask& task, const char* key) {
  if (!fake.contains(key)) return false;
  for (const wire::TaskLane& lane : task.lanes) {
    if (lane.config.at("seed") == fake.at(key)) return true;
  }
  return false;
}

void say(const wire::FromWorker& message) { wire::write_frame(out, wire::framed(message)); }

void save(const wire::PackTask& task, int step) {
  file::write_atomically(
      task.checkpoint_file,
      std::to_string(step) + '\n' + std::string(fake.value("checkpoint_kib", std::size_t{0}) << 10, '.'));
}

[[noreturn]] void leave_drained(const wire::PackTask& task, int step) {
  save(task, step);
  say(wire::Drained{task.pack, true});
  std::_Exit(0);
}

void stumble(const wire::PackTask& task) {
  if (has_seed(task, "slow_seed")) pause_ms(fake.value("slow_ms", 0));
  while (fake.contains("gate") && !std::filesystem::exists(fake["gate"].get<std::string>())) pause_ms(10);
  if (!fake.contains("hang_once")) return;
  const int made = ::open(fake["hang_once"].get<std::string>().c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
  if (made < 0) return;
  const std::string pid = std::to_string(::getpid()) + '\n';
  if (::write(made, pid.data(), pid.size()) < 0) std::abort();
  for (;;) pause_ms(1000);
}

void train(const wire::PackTask& task) {
  using Clock = std::chrono::steady_clock;
  const int steps = fake.value("steps", 10);
  Clock::time_point saved = Clock::now();
  int step = 0;
  if (std::filesystem::exists(task.checkpoint_file)) step = std::stoi(file::read(task.checkpoint_file));
  for (; step < steps; ++step) {
    if (stop != 0) leave_drained(task, step);
    std::vector<double> losses;
    for (const wire::TaskLane& lane : task.lanes) losses.push_back(number_of(lane.trial));
    say(wire::Progress{task.pack, wire::Stage::train, "", "", step, steps, 0, 1, losses});
    if (task.checkpoint_every > 0 && Clock::now() - saved > std::chrono::duration<double>(task.checkpoint_every)) {
      save(task, step);
      saved = Clock::now();
    }
    if (step == steps / 2) stumble(task);
    pause_ms(fake.value("step_ms", 1));
    if (fake.contains("trace")) {
      std::ofstream(fake["trace"].get<std::string>(), std::ios::app) << task.pack << ' ' << step << '\n';
    }
  }
  for (const wire::TaskLane& lane : task.lanes) {
    if (!lane.train) continue;
    wire::Record record;
    record.trial = lane.trial;
    record.columns["loss"] = wire::Array::of({number_of(lane.trial + "a"), number_of(lane.trial + "b")});
    record.provenance["pid"] = ::getpid();
    if (!task.packs_for.is_null()) record.provenance["packs_for"] = task.packs_for;
    record.provenance["dataset_sha256"] = task.dataset_sha256;
    if (fake.contains("diverge_seed") && lane.config.at("seed") == fake["diverge_seed"]) {
      record.status = wire::Status::diverged;
      record.message = "loss is not finite";
    } else if (!lane.model_file.empty()) {
      file::write_atomically(lane.model_file,
                             lane.trial + std::string(fake.value("model_kib", std::size_t{0}) << 10, '.'));
    }
    say(wire::encoded(record));
  }
}

void evaluate(const wire::PackTask& task) {
  for (const wire::TaskEvaluation& evaluation : task.evaluations) {
    if (stop != 0) leave_drained(task, fake.value("steps", 10));
    say(wire::Progress{task.pack, wire::Stage::evaluate, evaluation.label, evaluation.id, 0, 0, 0, 0, {}});
    pause_ms(fake.value("evaluation_ms", 1));
    for (const wire::TaskLane& lane : task.lanes) {
      if (fake.contains("diverge_seed") && lane.config.at("seed") == fake["diverge_seed"]) continue;
      if (!lane.train && !file::read(lane.model_file).starts_with(lane.trial)) throw std::runtime_error("wrong model");
      wire::Record record;
      record.kind = wire::RecordKind::evaluation;
      record.trial = lane.trial;
      record.evaluation = evaluation.id;
      record.intensities = evaluation.intensities;
      record.provenance["dataset_sha256"] = task.dataset_sha256;
      std::vector<double> values(std::max<std::size_t>(1, evaluation.intensities.size()));
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = number_of(lane.trial + evaluation.id + std::to_string(i));
      const auto count = static_cast<std::int64_t>(values.size());
      record.columns[evaluation.family == "attack" ? "robust_accuracy" : "value"] = wire::Array::of(values, {count});
      say(wire::encoded(record));
    }
  }
}

void run(const wire::PackTask& task) {
  const auto fail = [&](wire::Reason reason, const std::string& message) {
    say(wire::failed(task.pack, reason, message));
  };
  if (fake.contains("data_error")) return fail(wire::Reason::data, "images.gz: is truncated");
  if (fake.contains("content") && fake["content"] != task.dataset_sha256) {
    std::ofstream(fake["trace"].get<std::string>(), std::ios::app) << "content\n";
    return fail(wire::Reason::data, "/dataset: here it has the hash " + fake["content"].get<std::string>() + ", not " +
                                        task.dataset_sha256);
  }
  if (task.lanes.size() > fake.value("most_lanes", std::size_t{1} << 20))
    return fail(wire::Reason::out_of_memory, "too many lanes");
  if (has_seed(task, "error_seed")) return fail(wire::Reason::error, "cannot train this");
  if (has_seed(task, "crash_seed")) {
    std::cerr << "about to crash\nterminate called\n" << std::flush;
    ::signal(SIGABRT, SIG_DFL);
    std::abort();
  }
  while (has_seed(task, "hang_seed")) pause_ms(1000);
  try {
    train(task);
    evaluate(task);
    file::remove(task.checkpoint_file);
  } catch (const Error& error) {
    return fail(wire::reason_of(error), error.what());
  }
  say(wire::Finished{task.pack, 0.1});
}

}  // namespace

int main(int argc, char** argv) {
  int in = 3;
  wire::Hello hello{"", 0, "", "none", 1e9, "here", ::getpid()};
  if (const char* text = std::getenv("EIGENSWEEP_FAKE"); text != nullptr) fake = Json::parse(text);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--devices") == 0) {
      if (fake.contains("no_devices")) {
        std::cerr << fake["no_devices"].get<std::string>() << '\n';
        return 127;
      }
      Json devices = fake.value("devices", Json{{"cuda", 0}});
      const bool measures = i + 2 < argc && std::strcmp(argv[i + 1], "--measure") == 0;
      if (measures && fake.contains("measured")) devices.update(fake["measured"].at(std::stoul(argv[i + 2])));
      std::cout << devices << '\n';
      return 0;
    }
    if (i + 1 == argc) break;
    if (std::strcmp(argv[i], "--in-fd") == 0) in = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--out-fd") == 0) out = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--device") == 0) hello.device = argv[i + 1];
    if (std::strcmp(argv[i], "--threads") == 0) hello.threads = std::atoi(argv[i + 1]);
  }
  ::signal(SIGPIPE, SIG_IGN);
  for (const int number : {SIGTERM, SIGUSR1}) ::signal(number, [](int) { stop = 1; });
  if (fake.contains("no_start")) {
    std::cerr << fake["no_start"].get<std::string>() << '\n';
    return 127;
  }
#ifdef _OPENMP
  // Starts the threads of the runtime, which keep the CPUs that they are bound to.
#pragma omp parallel
  pause_ms(1);
#endif
  while (fake.contains("no_hello")) pause_ms(1000);
  if (fake.contains("garbage")) return ::write(out, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) == 8 ? 0 : 1;
  say(hello);
  wire::FrameReader reader;
  for (;;) {
    auto frame = wire::read_frame(in, reader, [] { return stop != 0; });
    if (!frame) return 0;
    const wire::ToWorker message = wire::unframed<wire::ToWorker>(std::move(*frame));
    const auto* asked = std::get_if<wire::RunPack>(&message);
    if (asked == nullptr) return 0;
    run(wire::decode_task(asked->bytes));
  }
}
