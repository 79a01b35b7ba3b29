// SPDX-License-Identifier: MIT
#pragma once

// What we use of LibTorch: tensors, automatic differentiation, threads, devices. torch/torch.h would also bring its
// modules, optimisers and data loaders, and more than double the compile time of every file that includes it.
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/utils.h>
