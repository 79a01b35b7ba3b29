// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <vector>

#include "eigensweep/wire/fields.hpp"

namespace eigensweep::wire {

/// How fast a GPU computes, as its worker has measured it. All 0: it was not measured.
struct DeviceSpeed {
  double flops_per_second = 0;       ///< of a batched product of float32; 2 operations for each multiplication
  double seconds_per_operation = 0;  ///< of an operation on a small tensor, which is mostly its launch

  static constexpr auto fields() {
    return std::tuple(field("flops_per_second", &DeviceSpeed::flops_per_second),
                      field("seconds_per_operation", &DeviceSpeed::seconds_per_operation));
  }
};

/// Where a worker runs, and with which resources.
struct WorkerPlace {
  int rank = 0;
  std::size_t slot = 0;  ///< within its rank
  std::string host;
  std::string device;  ///< "cpu" or "cuda:K"
  int threads = 1;
  std::vector<int> cpus;  ///< CPUs that it may use; its own if the rank has enough for all its workers' threads
  double memory = 0;      ///< bytes that a pack may use
  std::string visible_devices;
  std::string gpu;       ///< the driver's id of the GPU, as in Gpu::id; "" if unknown
  std::string gpu_name;  ///< e.g. "NVIDIA A100-SXM4-40GB", "" if unknown
  DeviceSpeed speed;     ///< measured on a GPU of its rank; a CPU is not measured

  static constexpr auto fields() {
    return std::tuple(field("rank", &WorkerPlace::rank), field("slot", &WorkerPlace::slot),
                      field("host", &WorkerPlace::host), field("device", &WorkerPlace::device),
                      field("threads", &WorkerPlace::threads), field("cpus", &WorkerPlace::cpus),
                      field("memory", &WorkerPlace::memory), field("visible_devices", &WorkerPlace::visible_devices),
                      field("gpu", &WorkerPlace::gpu), field("gpu_name", &WorkerPlace::gpu_name),
                      field("speed", &WorkerPlace::speed));
  }
};

/// What a rank reports before a run: where its workers would run, and what must be equal on every rank.
struct Introduction {
  static constexpr const char* type = "introduction";
  int rank = 0;
  std::string host;
  std::string build;    ///< version and revision of this program
  std::string study;    ///< SHA-256 of the study file; "" if this rank cannot read it, which alone is no error
  std::string problem;  ///< why `places` is empty; "" otherwise
  std::vector<WorkerPlace> places;
  std::string cores_by, memory_by;         ///< what decided this rank's share of its machine, as in Share
  std::vector<std::string> limits_unread;  ///< limits that could not be read
  std::string cpu_products;                ///< as in Surroundings

  static constexpr auto fields() {
    return std::tuple(field("rank", &Introduction::rank), field("host", &Introduction::host),
                      field("build", &Introduction::build), field("study", &Introduction::study),
                      field("problem", &Introduction::problem), field("places", &Introduction::places),
                      field("cores_by", &Introduction::cores_by), field("memory_by", &Introduction::memory_by),
                      field("limits_unread", &Introduction::limits_unread),
                      field("cpu_products", &Introduction::cpu_products));
  }
};

}  // namespace eigensweep::wire
