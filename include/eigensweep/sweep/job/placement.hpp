// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "eigensweep/sweep/job/share.hpp"
#include "eigensweep/sweep/process/worker_process.hpp"
#include "eigensweep/wire/introduction.hpp"

namespace eigensweep::sweep {

/// What the user asked for.
struct PlacementRequest {
  std::optional<std::size_t> workers;  ///< per rank
  std::string device = "auto";         ///< "auto", "cpu", "cuda"
  std::optional<int> threads;          ///< per worker
};

/// A GPU as its driver names it.
struct Gpu {
  std::string id;    ///< e.g. "GPU-0c1d...": the same whoever looks, and however its index is masked
  std::string name;  ///< e.g. "NVIDIA A100-SXM4-40GB"
};

/// Which of the machine's GPUs `visible` (the value of CUDA_VISIBLE_DEVICES; "" is all of them) shows, in its order.
/// Empty as soon as one entry cannot be told.
std::vector<Gpu> visible_gpus(const std::vector<Gpu>& all, const std::string& visible);
/// The GPUs that nvidia-smi lists: those of this process's control group. Empty without it.
std::vector<Gpu> driver_gpus();

/// What a rank finds around itself.
struct Surroundings {
  std::string host;
  std::vector<int> cpus;  ///< this rank's, as in Share
  std::size_t cores = 1;  ///< this rank's, as in Share
  std::size_t node_rank = 0;
  bool is_launched = false;           ///< started by mpirun or srun: one worker per rank
  std::vector<double> device_memory;  ///< bytes, one per visible GPU
  std::vector<Gpu> gpus;              ///< the same GPUs by identity, as far as the driver tells
  std::string visible_devices;        ///< CUDA_VISIBLE_DEVICES or AMD's, "" if none is set
  double memory = 0;                  ///< bytes, this rank's
};

/// Looks around. Runs `worker --devices` unless `device` is "cpu" or the machine has no GPU driver; always, if
/// `tries_worker`.
/// Throws SystemError when the worker cannot be run.
Surroundings look_around(const Communicator& communicator, const Share& share, const std::filesystem::path& worker,
                         const std::string& device, bool tries_worker = false);

/// The workers of one rank. Under a launcher one per rank (GPU number node_rank modulo those visible); else one per
/// GPU, or one per core on a machine without. Cores are shared out evenly, CPUs in blocks. Throws SystemError when a
/// GPU is asked for and none is visible.
std::vector<wire::WorkerPlace> place_workers(const PlacementRequest& request, const Surroundings& around, int rank);

/// Fewer workers than places: the first ones, with the cores of the others. Only for a start without a launcher.
void keep_only(std::vector<wire::WorkerPlace>& places, std::size_t workers, const PlacementRequest& request,
               const Share& share);

/// One line per group of equal places, for the log.
std::vector<std::string> placement_table(const std::vector<wire::WorkerPlace>& places);
/// A line for every GPU on which several workers would run.
std::vector<std::string> shared_gpus(const std::vector<wire::WorkerPlace>& places);

/// How the worker of a place is started; its log lies in `logs`.
WorkerCommand worker_command(const wire::WorkerPlace& place, const std::filesystem::path& logs);

}  // namespace eigensweep::sweep
