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

/// The user's options for placing workers.
struct PlacementRequest {
  std::optional<std::size_t> workers;  ///< per rank
  std::string device = "auto";         ///< "auto", "cpu", "cuda"
  std::optional<int> threads;          ///< per worker
};

/// A GPU as the driver identifies it.
struct Gpu {
  std::string id;    ///< e.g. "GPU-0c1d...": the same in every process, whatever CUDA_VISIBLE_DEVICES is
  std::string name;  ///< e.g. "NVIDIA A100-SXM4-40GB"
};

/// The GPUs that `visible`, a value of CUDA_VISIBLE_DEVICES, selects from `all`, in its order; "" selects all. Empty if
/// any entry is unknown.
std::vector<Gpu> visible_gpus(const std::vector<Gpu>& all, const std::string& visible);
/// The GPUs that nvidia-smi lists, which are those of this process's control group. Empty if it fails.
std::vector<Gpu> driver_gpus();

/// What a rank knows of its machine.
struct Surroundings {
  std::string host;
  std::vector<int> cpus;  ///< this rank's, as in Share
  std::size_t cores = 1;  ///< this rank's, as in Share
  std::size_t node_rank = 0;
  bool is_launched = false;           ///< started by mpirun or srun: one worker per rank
  std::vector<double> device_memory;  ///< bytes, one per visible GPU
  wire::DeviceSpeed speed;            ///< of the first GPU that this rank uses; its others are taken to be alike
  std::vector<Gpu> gpus;              ///< the same GPUs as the driver identifies them; empty if unknown
  std::string visible_devices;        ///< CUDA_VISIBLE_DEVICES or AMD's, "" if none is set
  double memory = 0;                  ///< bytes, this rank's share
  std::string cpu_products;           ///< what multiplies matrices on its CPU, for people; "" if the worker was not run
};

/// Runs `worker --devices` to find the GPUs, and to measure one, if `request.device` is "cuda", or "auto" on a machine
/// with a GPU driver. With `tries_worker` it always runs it, to see whether the worker starts. Throws SystemError when
/// it does not. A GPU that cannot be measured is warned of.
Surroundings look_around(const Communicator& communicator, const Share& share, const std::filesystem::path& worker,
                         const PlacementRequest& request, bool tries_worker = false);

struct MeasuredDevice {
  wire::DeviceSpeed speed;
  double memory = 0;  ///< bytes of a GPU that packs may take; 0 where they are unknown
};

/// What one core of "cpu", or the first GPU of "cuda", can do on this machine. Runs `worker` for a second. Throws
/// SystemError when it does not run, or there is no GPU that can be measured.
MeasuredDevice measure_device(const std::filesystem::path& worker, const std::string& device);

/// The workers of one rank, by default: one under a launcher; otherwise one per GPU, or one per core without GPUs. The
/// workers of a machine take its GPUs in turn. Cores are divided evenly, CPUs in blocks. Throws SystemError when a GPU
/// is asked for and none is visible.
std::vector<wire::WorkerPlace> place_workers(const PlacementRequest& request, const Surroundings& around, int rank);

/// Keeps only the first `workers` places, which share the cores of the dropped ones. Only for a start without a
/// launcher.
void keep_only(std::vector<wire::WorkerPlace>& places, std::size_t workers, const PlacementRequest& request,
               const Share& share);

/// One line per group of similar places, for the log.
std::vector<std::string> placement_table(const std::vector<wire::WorkerPlace>& places);
/// A warning for every GPU on which several workers would run.
std::vector<std::string> shared_gpus(const std::vector<wire::WorkerPlace>& places);
/// Divides the memory of each GPU among all workers of the job that would run on it.
void share_gpu_memory(std::vector<wire::WorkerPlace>& places);

/// How to start the worker of a place. Its log is written into `logs`. Throws SystemError as find_worker() does.
WorkerCommand worker_command(const wire::WorkerPlace& place, const std::filesystem::path& logs);

}  // namespace eigensweep::sweep
