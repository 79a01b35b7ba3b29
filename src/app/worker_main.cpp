// SPDX-License-Identifier: MIT
// eigensweep-worker: owns one device and runs packs. Started by a supervisor with two pipes, or by hand with a task
// file.
#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <optional>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/core/standard_streams.hpp"
#include "eigensweep/core/version.hpp"
#include "eigensweep/worker/by_hand.hpp"
#include "eigensweep/worker/host.hpp"
#include "eigensweep/worker/measure.hpp"
#include "eigensweep/worker/serve.hpp"
#include "parse_error.hpp"

namespace eigensweep::worker {
namespace {

struct Arguments {
  std::string device = "auto";
  int threads = 0;
  int in = -1;
  int out = -1;
  bool devices = false;
  std::optional<std::int64_t> measure;
  bool measure_core = false;
  ByHand by_hand;
  std::vector<std::int64_t> bench{};
  std::string bench_change = "{}";
  bool bench_requests = false;
};

void declare(CLI::App& app, Arguments& arguments) {
  app.set_version_flag("--version",
                       fmt::format("eigensweep-worker {} (torch {})", build_info().version, torch_version()));
  app.add_option("--device", arguments.device, "auto, cpu, cuda or cuda:K")->capture_default_str();
  app.add_option("--threads", arguments.threads, "CPU threads; 0 leaves LibTorch's default")
      ->check(CLI::Range(0, 4096));
  app.add_option("--in-fd", arguments.in, "file descriptor to read frames from");
  app.add_option("--out-fd", arguments.out, "file descriptor to write frames to");
  app.add_flag("--devices", arguments.devices, "print the visible GPUs as JSON and leave");
  app.add_option("--measure", arguments.measure, "with --devices: also measure how fast the GPU of this number is")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40));
  app.add_flag("--measure-core", arguments.measure_core,
               "with --devices: also measure how fast one thread of the CPU is");
  app.add_option("--task", arguments.by_hand.task, "run this task file (JSON) and print its records as JSON lines");
  app.add_option("--trace", arguments.by_hand.trace,
                 "with --task: write the losses of every step to this file, JSON lines");
  app.add_option("--trace-weights", arguments.by_hand.trace_weights,
                 "with --task: folder for the networks at --trace-steps");
  app.add_option("--trace-steps", arguments.by_hand.trace_steps, "steps done, e.g. 0,1,10")->delimiter(',');
  auto* bench = app.add_option("--bench-step", arguments.bench,
                               "WIDTH BATCH LANES STEPS: time training steps with the penalty, print JSON")
                    ->expected(4);
  app.add_option("--bench-change", arguments.bench_change,
                 "with --bench-step: what differs in the study, a JSON merge patch")
      ->needs(bench);
  app.add_flag("--bench-requests", arguments.bench_requests,
               "time the trainings that lines of JSON on standard input ask for, print a line of JSON each");
}

ExitCode bench_once(const torch::Device& device, const Arguments& arguments) {
  StepBench asked;
  asked.width = arguments.bench[0];
  asked.batch = arguments.bench[1];
  asked.lanes = arguments.bench[2];
  asked.steps = arguments.bench[3];
  try {
    asked.change = Json::parse(arguments.bench_change);
  } catch (const nlohmann::json::exception& error) {
    throw ConfigError(fmt::format("--bench-change: no JSON: {}", error.what()));
  }
  Session session(device);
  std::cout << bench_step(session, asked) << '\n';
  return ExitCode::ok;
}

int run(int argc, char** argv) {
  keep_freed_memory();
  use_exact_float32();
  CLI::App app{"Trains, attacks and measures packs of networks on one device"};
  Arguments arguments;
  declare(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app::answer(app, error, "eigensweep-worker");
  }
  log::start("worker");
  const std::string products = cpu_products();  // refuses a wrong setting before any work is done
  if (arguments.devices) {
    Json devices = visible_gpus();
    devices["cpu_products"] = products;
    if (arguments.measure) devices.update(measure_gpu(*arguments.measure));
    if (arguments.measure_core) devices.update(measure_core());
    std::cout << devices << '\n';
    return 0;
  }
  if (arguments.threads > 0) torch::set_num_threads(arguments.threads);
  const torch::Device device = choose_device(arguments.device);
  if (!arguments.bench.empty()) return static_cast<int>(bench_once(device, arguments));
  if (arguments.bench_requests) {
    Session session(device);
    return static_cast<int>(bench_requests(session));
  }
  if (!arguments.by_hand.task.empty()) return static_cast<int>(run_by_hand(device, arguments.by_hand));
  if (arguments.in < 0 || arguments.out < 0) {
    throw ConfigError(
        "eigensweep-worker: nothing to do (it is started by 'eigensweep run'); by hand, give --task FILE");
  }
  return static_cast<int>(serve(device, arguments.in, arguments.out));
}

}  // namespace
}  // namespace eigensweep::worker

int main(int argc, char** argv) {
  eigensweep::occupy_closed_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the file size limit then fails and does not kill the process
  try {
    return eigensweep::worker::run(argc, argv);
  } catch (const eigensweep::Error& error) {
    eigensweep::log::complain("eigensweep-worker", error.what());
    return static_cast<int>(error.code());
  } catch (const c10::Error& error) {
    eigensweep::log::complain("eigensweep-worker", fmt::format("internal error: {}", error.what_without_backtrace()));
    return static_cast<int>(eigensweep::ExitCode::bug);
  } catch (const std::exception& error) {
    eigensweep::log::complain("eigensweep-worker", fmt::format("internal error: {}", error.what()));
    return static_cast<int>(eigensweep::ExitCode::bug);
  }
}
