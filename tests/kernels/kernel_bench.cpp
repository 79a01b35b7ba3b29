// SPDX-License-Identifier: MIT
// Computes and times kernels for bench/kernels, which compares them with google/neural-tangents:
//   kernel_bench limit INPUTS.safetensors OUTPUT.safetensors ACTIVATION DEPTH WEIGHT_VARIANCE BIAS_VARIANCE REPEATS
//   kernel_bench conv INPUTS.safetensors OUTPUT.safetensors ACTIVATION DEPTH POOLING CHANNELS REPEATS
//   kernel_bench empirical INPUTS.safetensors OUTPUT.safetensors ACTIVATION DEPTH WIDTH REPEATS
// INPUTS holds x1 [n, d] (and x2 [m, d]); OUTPUT gets nngp, ntk [n, m], or for networks of the given width, in the NTK
// parametrisation with variances 2 and 0.1, ntk [n C, n C] and the weights. "conv" has those variances, 3x3
// convolutions and square images; POOLING is 1 or 0. Prints the fastest repeat in seconds and the process's peak memory
// in MiB.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "eigensweep/kernels/conv_limit.hpp"
#include "eigensweep/kernels/empirical.hpp"
#include "eigensweep/kernels/limit.hpp"
#include "eigensweep/models/store/safetensors.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

template <typename Work>
double fastest(int repeats, const Work& work) {
  double best = 1e300;
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

/// Peak memory of this program alone; getrusage would count what ran in the process before it.
double peak_mebibytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::atof(line.c_str() + 6) / 1024;
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count < 8) {
    fmt::print(stderr, "kernel_bench: too few arguments; see the head of kernel_bench.cpp\n");
    return 2;
  }
  const std::string what = words[1], activation = words[4];
  const models::TensorFile inputs = models::read_tensors(words[2]);
  const Tensor x1 = inputs.at("x1");
  const std::int64_t depth = std::atol(words[5]);
  models::TensorFile output;
  double seconds = 0;
  if (what == "limit") {
    const torch::NoGradGuard no_gradients;
    const auto laws = kernels::ntk_laws(depth, std::atof(words[6]), std::atof(words[7]));
    kernels::Limit limit;
    seconds =
        fastest(std::atoi(words[8]), [&] { limit = kernels::dense_limit(laws, activation, x1, inputs.at("x2")); });
    output.tensors = {{"nngp", limit.nngp}, {"ntk", limit.ntk}};
  } else if (what == "conv") {
    const torch::NoGradGuard no_gradients;
    kernels::ConvNetwork network;
    const std::int64_t channels = std::atol(words[7]);
    const auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(x1.size(1) / channels)));
    network.input_shape = {channels, side, side};
    network.depth = depth;
    network.pools = std::atol(words[6]) == 1;
    network.activation = activation;
    network.weight = 2;
    network.bias = 0.1;
    kernels::Limit limit;
    seconds = fastest(std::atoi(words[8]), [&] { limit = kernels::conv_limit(network, x1, inputs.at("x2")); });
    output.tensors = {{"nngp", limit.nngp}, {"ntk", limit.ntk}};
  } else {
    const Json options = resolved(study::Family::model, {{"kind", "mlp"},
                                                         {"width", std::atol(words[6])},
                                                         {"depth", depth},
                                                         {"activation", activation},
                                                         {"parametrisation", "ntk"},
                                                         {"weight_variance", 2.0},
                                                         {"bias_variance", 0.1}});
    const auto model = models::make_model(options, {1, 1, {1, 1, x1.size(1)}, 10}, {0}, torch::kCPU);
    kernels::EmpiricalNtk ntk;
    seconds = fastest(std::atoi(words[7]), [&] { ntk = kernels::empirical_ntk(*model, x1, /*full=*/true); });
    output.tensors = {{"ntk", ntk.full[0]}};
    for (const models::NamedTensor& named : model->parameters()) {
      output.tensors.push_back({named.name, named.tensor.detach()[0]});
    }
  }
  models::write_tensors(words[3], output);
  fmt::print("{{\"seconds\": {}, \"mebibytes\": {}}}\n", seconds, peak_mebibytes());
  return 0;
}
