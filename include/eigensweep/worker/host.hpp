// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/torch.hpp"

namespace eigensweep::worker {

/// LibTorch's version, e.g. "2.13.0".
std::string torch_version();
/// "cpu" or "cuda:K".
std::string device_name(const torch::Device& device);
/// Bytes that a pack may use on the device: what is free there now.
std::int64_t free_memory(const torch::Device& device);
/// Lets the process keep the memory that tensors of one step leave to those of the next: handing it back to the system
/// and getting it anew, page by page, costs a CPU up to a fifth of its time. To be called first of all.
void keep_freed_memory();
/// Hands what is free now back to the system, between packs.
void give_back_freed_memory();
/// {"cuda": count, "memory": [bytes of each GPU]}
Json visible_gpus();
/// Whether Torch, or a library under it (cuBLAS, cuSOLVER, cuDNN), had too little memory: a smaller pack may fit.
bool is_out_of_memory(const c10::Error& error);
/// "auto" (a GPU if there is one), "cpu", "cuda", "cuda:K". Throws SystemError when the device is not there.
torch::Device choose_device(const std::string& name);

}  // namespace eigensweep::worker
