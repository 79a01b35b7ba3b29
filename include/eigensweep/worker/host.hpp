// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/torch.hpp"

namespace eigensweep::worker {

/// LibTorch's version, e.g. "2.13.0".
std::string torch_version();
/// "cpu", "cuda:K", or the name that a plug-in of Torch gives its device.
std::string device_name(const torch::Device& device);
/// Makes products and convolutions of float32 round as float32, whatever the device, LibTorch's defaults and the
/// environment say. By default LibTorch lets cuDNN use TF32, with a mantissa of 10 bits.
void use_exact_float32();
/// How products of float32 are rounded now: "ieee", or all ways with a comma between them, e.g. "ieee,tf32".
std::string float32_products();
/// What multiplies matrices on this CPU, and how, in one line. Throws as models::matrix_library() does.
std::string cpu_products();
/// Bytes that are free on the device now.
std::int64_t free_memory(const torch::Device& device);
/// Makes the allocator keep freed memory for later tensors. Returning it to the system after each step, and faulting it
/// in again page by page, can cost a fifth of the CPU time. Must be called before anything else allocates much.
void keep_freed_memory();
/// Returns freed memory of the host and of the device to the system; for the time between packs. The next pack has
/// other shapes, which the blocks of the last one may not fit.
void give_back_freed_memory(const torch::Device& device);
/// {"cuda": count, "memory": [bytes of each GPU]}
Json visible_gpus();
/// Whether Torch, or a library that it uses (cuBLAS, cuSOLVER, cuDNN), ran out of memory: a smaller pack may fit.
bool is_out_of_memory(const c10::Error& error);
/// Throws SystemError if the device does not compute. After some errors (a kernel that fails, a GPU that falls off the
/// bus) every later call of the same process fails; only a new process can use the device again. The CPU computes, and
/// so does a device that is merely full.
void expect_device(const torch::Device& device);
/// `name`: "auto" (a GPU if there is one), "cpu", "cuda" or "cuda:K", or the device of a plug-in of Torch. Throws
/// SystemError when there is no such device, ConfigError on another name.
torch::Device choose_device(const std::string& name);

}  // namespace eigensweep::worker
