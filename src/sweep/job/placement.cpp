// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/job/placement.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/here.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/plan/device_profile.hpp"

namespace eigensweep::sweep {
namespace {

struct Devices {
  std::vector<double> memory;  ///< bytes of each GPU; 0 where they are unknown
  wire::DeviceSpeed speed;     ///< of the measured GPU
  wire::DeviceSpeed core;      ///< of the CPU
  std::string unmeasured;      ///< why the GPU has no speed, or ""
  std::string cpu_products;    ///< "" if the worker does not say
};

/// Runs `worker --devices`, which prints {"cuda": count, "memory": [bytes per device], "cpu_products": words}. With the
/// option "--measure K", where K wraps around at the count, it also prints how fast that GPU is: {..., "speed": {...}},
/// or {..., "unmeasured": why}; with "--measure-core" {..., "core": {...}}.
Devices ask_devices(const std::filesystem::path& worker, const std::string& options) {
  const std::string command = text::shell_path(worker) + " --devices" + options;
  FILE* stream = ::popen((command + " 2>&1").c_str(), "r");
  std::string output;
  std::array<char, 512> buffer{};
  while (stream != nullptr && std::fgets(buffer.data(), buffer.size(), stream) != nullptr) output += buffer.data();
  const int status = stream == nullptr ? -1 : ::pclose(stream);
  const std::size_t end = output.find_last_not_of(" \n\r");
  output.resize(end == std::string::npos ? 0 : end + 1);
  const std::string last = output.substr(output.find_last_of('\n') + 1);
  const Json json = Json::parse(last, nullptr, false);
  if (status != 0 || !json.is_object() || !json.contains("cuda")) {
    throw SystemError(fmt::format("{}: the worker does not run: {}; run `{}` by hand to see why", worker.string(),
                                  last.empty() ? "it says nothing" : last, command));
  }
  Devices devices;
  devices.memory.resize(json["cuda"].get<std::size_t>(), 0.0);
  for (std::size_t i = 0; i < devices.memory.size() && json.contains("memory") && i < json["memory"].size(); ++i) {
    devices.memory[i] = json["memory"][i].get<double>();
  }
  devices.cpu_products = json.value("cpu_products", "");
  if (json.contains("speed")) wire::from_value(json["speed"], devices.speed, wire::Where("speed of a GPU"));
  if (json.contains("core")) wire::from_value(json["core"], devices.core, wire::Where("speed of a core"));
  devices.unmeasured = json.value("unmeasured", "");
  return devices;
}

bool has_gpu_driver() { return ::access("/dev/nvidiactl", F_OK) == 0 || ::access("/dev/kfd", F_OK) == 0; }

int threads_of(const PlacementRequest& request, std::size_t cores, std::size_t workers) {
  return request.threads.value_or(
      static_cast<int>(std::max<std::size_t>(1, cores / std::max<std::size_t>(1, workers))));
}

/// Sets the threads and CPUs of each of a rank's workers. Each gets a block of the rank's CPUs, or all of them if the
/// block would have fewer CPUs than the worker has threads. A block may have more CPUs than threads, when a quota is
/// below the affinity mask; then the kernel can choose CPUs that are idle.
void share_out(std::vector<wire::WorkerPlace>& places, const PlacementRequest& request, const std::vector<int>& cpus,
               std::size_t cores) {
  const std::size_t workers = places.size();
  const auto at = [&](std::size_t i) { return cpus.begin() + static_cast<std::ptrdiff_t>(i * cpus.size() / workers); };
  for (std::size_t slot = 0; slot < workers; ++slot) {
    wire::WorkerPlace& place = places[slot];
    place.threads = threads_of(request, cores, workers);
    place.cpus = cpus;
    const bool has_enough = cpus.size() / workers >= static_cast<std::size_t>(place.threads);
    if (has_enough) place.cpus.assign(at(slot), at(slot + 1));
  }
}

bool have_own_cpus(const wire::WorkerPlace& one, const wire::WorkerPlace& other) {
  return std::find_first_of(one.cpus.begin(), one.cpus.end(), other.cpus.begin(), other.cpus.end()) == one.cpus.end();
}

/// For example ", each on its own of CPUs 0-3".
std::string cpus_of(std::vector<wire::WorkerPlace>::const_iterator first,
                    std::vector<wire::WorkerPlace>::const_iterator last) {
  std::vector<int> all;
  bool are_own = true;
  for (auto place = first; place != last; ++place) {
    all.insert(all.end(), place->cpus.begin(), place->cpus.end());
    are_own = are_own && (place == first || have_own_cpus(*std::prev(place), *place));
  }
  if (all.empty()) return "";
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  const char* each = last - first == 1 ? "" : are_own ? ", each on its own" : ", all";
  const char* of = last - first == 1 ? ", on" : are_own ? " of" : " on";
  return fmt::format("{}{} CPU{} {}", each, of, all.size() == 1 ? "" : "s", cpu_list(all));
}

/// The indices of the workers on each GPU.
std::vector<std::vector<std::size_t>> by_gpu(const std::vector<wire::WorkerPlace>& places) {
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<std::size_t>> on_gpu;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const wire::WorkerPlace& place = places[i];
    if (place.device == "cpu") continue;
    // Without the driver's id, equal indices under equal CUDA_VISIBLE_DEVICES are taken for one GPU.
    if (place.gpu.empty()) {
      on_gpu[{place.host, place.visible_devices, place.device}].push_back(i);
    } else {
      on_gpu[{place.host, place.gpu, ""}].push_back(i);
    }
  }
  std::vector<std::vector<std::size_t>> groups;
  for (auto& [gpu, sharing] : on_gpu) groups.push_back(std::move(sharing));
  return groups;
}

}  // namespace

Surroundings look_around(const Communicator& communicator, const Share& share, const std::filesystem::path& worker,
                         const PlacementRequest& request, bool tries_worker) {
  Surroundings around;
  around.host = host_name();
  around.cpus = share.cpus;
  around.cores = share.cores;
  around.node_rank = static_cast<std::size_t>(communicator.node_rank());
  around.is_launched = is_launched();
  around.memory = share.memory;
  for (const char* name : {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"}) {
    const char* visible = std::getenv(name);
    if (visible != nullptr && around.visible_devices.empty()) around.visible_devices = visible;
  }
  const bool wants_gpus = request.device == "cuda" || (request.device == "auto" && has_gpu_driver());
  if (wants_gpus) {
    Devices devices = ask_devices(worker, fmt::format(" --measure {}", around.node_rank * request.workers.value_or(1)));
    if (!devices.unmeasured.empty()) {
      log::warn("{}: a GPU could not be measured: {} (packs are made for a stated one)", around.host,
                devices.unmeasured);
    }
    around.device_memory = std::move(devices.memory);
    around.speed = devices.speed;
    around.cpu_products = devices.cpu_products;
  } else if (tries_worker) {
    around.cpu_products = ask_devices(worker, "").cpu_products;
  }
  if (!around.device_memory.empty()) around.gpus = visible_gpus(driver_gpus(), around.visible_devices);
  // If the driver lists another number of GPUs than the worker sees, the ids cannot be matched.
  if (around.gpus.size() != around.device_memory.size()) around.gpus.clear();
  return around;
}

MeasuredDevice measure_device(const std::filesystem::path& worker, const std::string& device) {
  const bool is_cpu = device == "cpu";
  const Devices devices = ask_devices(worker, is_cpu ? " --measure-core" : " --measure 0");
  MeasuredDevice found{is_cpu ? devices.core : devices.speed};
  if (!(found.speed.flops_per_second > 0)) {
    const std::string why = devices.unmeasured.empty() ? "" : fmt::format(" ({})", devices.unmeasured);
    throw SystemError(fmt::format("{}: no {} could be measured there{}; leave out --measure, or give --speed",
                                  host_name(), is_cpu ? "core" : "GPU", why));
  }
  if (!is_cpu && !devices.memory.empty()) found.memory = study::usable_memory_share * devices.memory.front();
  return found;
}

std::vector<wire::WorkerPlace> place_workers(const PlacementRequest& request, const Surroundings& around, int rank) {
  const std::size_t gpus = request.device == "cpu" ? 0 : around.device_memory.size();
  if (request.device == "cuda" && gpus == 0) {
    throw SystemError(
        fmt::format("{}: no GPU is visible (--device cuda asks for one); check nvidia-smi and "
                    "CUDA_VISIBLE_DEVICES, or use --device cpu",
                    around.host));
  }
  const std::size_t usual = around.is_launched ? 1 : gpus > 0 ? gpus : around.cores;
  const std::size_t workers = std::max<std::size_t>(1, request.workers.value_or(usual));
  std::vector<wire::WorkerPlace> places;
  for (std::size_t slot = 0; slot < workers; ++slot) {
    wire::WorkerPlace place;
    place.rank = rank;
    place.slot = slot;
    place.host = around.host;
    place.memory = study::usable_memory_share * around.memory / static_cast<double>(workers);
    place.device = "cpu";
    if (gpus > 0) {
      const std::size_t device = (around.node_rank * workers + slot) % gpus;
      place.device = fmt::format("cuda:{}", device);
      place.visible_devices = around.visible_devices;
      place.speed = around.speed;
      if (device < around.gpus.size()) {
        place.gpu = around.gpus[device].id;
        place.gpu_name = around.gpus[device].name;
      }
      if (around.device_memory[device] > 0) place.memory = study::usable_memory_share * around.device_memory[device];
    }
    places.push_back(std::move(place));
  }
  share_out(places, request, around.cpus, around.cores);
  return places;
}

void keep_only(std::vector<wire::WorkerPlace>& places, std::size_t workers, const PlacementRequest& request,
               const Share& share) {
  if (workers == 0 || workers >= places.size()) return;
  places.resize(workers);
  share_out(places, request, share.cpus, share.cores);
}

std::vector<std::string> placement_table(const std::vector<wire::WorkerPlace>& places) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < places.size();) {
    const wire::WorkerPlace& first = places[start];
    std::size_t end = start;
    while (end < places.size() && places[end].host == first.host && places[end].device == first.device &&
           places[end].threads == first.threads && places[end].gpu_name == first.gpu_name) {
      ++end;
    }
    const std::string range =
        end - start == 1 ? fmt::format("worker {}", start) : fmt::format("workers {}-{}", start, end - 1);
    const std::string ranks = first.rank == places[end - 1].rank
                                  ? fmt::format("rank {}", first.rank)
                                  : fmt::format("ranks {}-{}", first.rank, places[end - 1].rank);
    const auto at = [&](std::size_t i) { return places.begin() + static_cast<std::ptrdiff_t>(i); };
    lines.push_back(fmt::format("{} ({}) on {}: {}{}, {} thread{}{}{}", range, ranks, first.host, first.device,
                                first.gpu_name.empty() ? "" : fmt::format(" ({})", first.gpu_name), first.threads,
                                first.threads == 1 ? "" : "s", end - start == 1 ? "" : " each",
                                cpus_of(at(start), at(end))));
    start = end;
  }
  return lines;
}

std::vector<std::string> shared_gpus(const std::vector<wire::WorkerPlace>& places) {
  std::vector<std::string> lines;
  for (const std::vector<std::size_t>& sharing : by_gpu(places)) {
    if (sharing.size() == 1) continue;
    const wire::WorkerPlace& first = places[sharing.front()];
    const int last_rank = places[sharing.back()].rank;
    const bool one_rank = first.rank == last_rank;
    lines.push_back(fmt::format(
        "{}: {} workers ({} {}{}) share {}{} (they slow each other down); start one rank per GPU", first.host,
        sharing.size(), one_rank ? "rank" : "ranks", first.rank, one_rank ? "" : fmt::format(" to {}", last_rank),
        first.device, first.gpu.empty() ? "" : fmt::format(", {}", first.gpu)));
  }
  return lines;
}

void share_gpu_memory(std::vector<wire::WorkerPlace>& places) {
  for (const std::vector<std::size_t>& sharing : by_gpu(places)) {
    for (const std::size_t i : sharing) places[i].memory /= static_cast<double>(sharing.size());
  }
}

WorkerCommand worker_command(const wire::WorkerPlace& place, const std::filesystem::path& logs) {
  return {find_worker(), place.device, place.threads, logs / fmt::format("worker-{}-{}.log", place.rank, place.slot),
          place.cpus};
}

}  // namespace eigensweep::sweep
