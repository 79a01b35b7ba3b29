// SPDX-License-Identifier: MIT
#include "refusals.hpp"

#include <fmt/format.h>

#include "eigensweep/study/declare/sections.hpp"

namespace eigensweep::models {
namespace {

std::string refuse_whitening(const NetworkOptions& network, std::int64_t hidden_layers) {
  if (network.whiten <= hidden_layers) return "";
  return fmt::format("whiten {} asks for a hidden layer that is not there; choose 0 to {}", network.whiten,
                     hidden_layers);
}

std::string refuse_parametrisation(const NetworkOptions& network) {
  if (network.parametrisation != NetworkOptions::Scaling::standard && network.weight_variance == 0) {
    return fmt::format(
        "parametrisation '{}' needs a weight_variance above 0 (torch's default law has none to scale); choose one, as "
        "2 for relu or 1 for tanh",
        network.parametrisation == NetworkOptions::Scaling::ntk ? "ntk" : "mup");
  }
  if (network.centre_output && network.reads_samples()) {
    return "centre_output subtracts the network at its initialisation, which batch_norm and whiten change with the "
           "data; choose one of them";
  }
  return "";
}

}  // namespace

std::string refuse_network_options(const NetworkOptions& network, std::int64_t hidden_layers) {
  const std::string reason = refuse_whitening(network, hidden_layers);
  return reason.empty() ? refuse_parametrisation(network) : reason;
}

std::string refuse_small_batches(const NetworkOptions& network, const study::SampleCounts& samples) {
  // An adversary runs the network on a batch's clean samples alone, so their number counts.
  const std::int64_t smallest = samples.smallest_batch;
  if (network.batch_norm) return study::refuse_single_samples(samples, smallest, "batch_norm");
  return network.whiten == 0 ? "" : study::refuse_single_samples(samples, smallest, "whiten");
}

}  // namespace eigensweep::models
