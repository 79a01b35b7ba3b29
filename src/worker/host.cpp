// SPDX-License-Identifier: MIT
#include "eigensweep/worker/host.hpp"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <torch/version.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cstdlib>
#include <set>
#include <string_view>

#include "eigensweep/core/control_groups.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/models/numerics/matrix_library.hpp"

namespace eigensweep::worker {

std::string torch_version() { return TORCH_VERSION; }

std::string device_name(const torch::Device& device) { return device.str(); }

namespace {

std::vector<std::pair<at::Float32Backend, at::Float32Op>> float32_operations() {
  std::vector<std::pair<at::Float32Backend, at::Float32Op>> all;
  for (const auto backend : {at::Float32Backend::CUDA, at::Float32Backend::MKLDNN}) {
    for (const auto operation : {at::Float32Op::MATMUL, at::Float32Op::CONV, at::Float32Op::RNN}) {
      all.emplace_back(backend, operation);
    }
  }
  return all;
}

}  // namespace

void use_exact_float32() {
  // LibTorch has an older and a newer way to set this, and refuses products if the two disagree.
  at::globalContext().setFloat32MatmulPrecision("highest");
  at::globalContext().setAllowTF32CuDNN(false);
  for (const auto& [backend, operation] : float32_operations()) {
    at::globalContext().setFloat32Precision(backend, operation, at::Float32Precision::IEEE);
  }
}

std::string float32_products() {
  std::set<std::string> ways;
  for (const auto& [backend, operation] : float32_operations()) {
    ways.insert(at::precision2str(at::globalContext().float32Precision(backend, operation)));
  }
  return fmt::format("{}", fmt::join(ways, ","));
}

std::string cpu_products() { return models::matrix_library().words(); }

std::int64_t free_memory(const torch::Device& device) {
  if (!device.is_cpu()) return static_cast<std::int64_t>(at::accelerator::getMemoryInfo(device.index()).first);
  if (const auto bytes = eigensweep::free_memory(system_root())) return static_cast<std::int64_t>(*bytes);
  return static_cast<std::int64_t>(::sysconf(_SC_AVPHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
}

void keep_freed_memory() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_MAX, 0);  // memory from mmap(2) would be returned as soon as it is freed
  ::mallopt(M_TRIM_THRESHOLD, -1);
#endif
}

void give_back_freed_memory(const torch::Device& device) {
  if (!device.is_cpu()) at::accelerator::emptyCache();
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

Json visible_gpus() {
  const auto count = static_cast<int>(torch::cuda::is_available() ? torch::cuda::device_count() : 0);
  Json memory = Json::array();
  for (int index = 0; index < count; ++index) {
    memory.push_back(at::accelerator::getMemoryInfo(static_cast<c10::DeviceIndex>(index)).second);
  }
  return {{"cuda", count}, {"memory", memory}};
}

bool is_out_of_memory(const c10::Error& error) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  const std::string_view text = error.what_without_backtrace();
  // The last three are parts of CUBLAS_STATUS_ALLOC_FAILED, CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED, and
  // CUBLAS_STATUS_NOT_INITIALIZED, which is what a library answers that has no memory for its own state.
  for (const char* words :
       {"allocate memory", "out of memory", "ALLOC_FAILED", "ALLOCATION_FAILED", "NOT_INITIALIZED"}) {
    if (text.find(words) != std::string_view::npos) return true;
  }
  return false;
}

void expect_device(const torch::Device& device) {
  if (device.is_cpu()) return;
  try {
    torch::zeros({1}, device).add_(1).item<float>();
  } catch (const c10::Error& error) {
    if (is_out_of_memory(error)) return;
    throw SystemError(fmt::format("{}: the device does not compute: {}; check it with the driver's own tools",
                                  device_name(device), text::first_line(error.what_without_backtrace())));
  }
}

torch::Device choose_device(const std::string& name) {
  const auto count = static_cast<int>(torch::cuda::is_available() ? torch::cuda::device_count() : 0);
  if (name == "cpu" || (name == "auto" && count == 0)) return torch::kCPU;
  if (name == "auto" || name == "cuda") {
    if (count > 0) return {torch::kCUDA, 0};
    throw SystemError(
        "device 'cuda': no GPU is visible to this process (CUDA_VISIBLE_DEVICES, driver, or a CPU build of "
        "LibTorch); use --device cpu or auto");
  }
  if (name.starts_with("cuda:")) {
    const int index = std::atoi(name.c_str() + 5);
    if (index >= 0 && index < count) return {torch::kCUDA, static_cast<c10::DeviceIndex>(index)};
    throw SystemError(fmt::format(
        "device '{}': only {} GPUs are visible to this process; use a lower index, or --device cpu", name, count));
  }
  if (const auto plugged_in = at::getAccelerator(); plugged_in && *plugged_in != torch::kCUDA) {
    const std::string type = c10::DeviceTypeName(*plugged_in, /*lower_case=*/true);
    if (name == type + ":0") return {*plugged_in, 0};
  }
  throw ConfigError(fmt::format("--device: no device named '{}'; known are 'auto', 'cpu', 'cuda', 'cuda:K'", name));
}

}  // namespace eigensweep::worker
