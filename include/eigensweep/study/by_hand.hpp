// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/study/kind.hpp"

/// Resolved configurations that programs make by hand, as tests and benchmarks do: what is chosen, and the declared
/// defaults for the rest. Nothing is checked; study files are, where they are read (study::parse_study).
namespace eigensweep::study {

/// A section with these options in the order of their declaration, "kind" first where it is chosen. An option without a
/// default that is not chosen is left out.
Json resolved(const Options& options, const Json& chosen);

/// The whole configuration of a trial: "dataset" (if chosen), "model", "training" with its optimiser and schedule,
/// "regularizers" and "seed". Throws ContractViolation for an unknown kind.
Json resolved_config(const Catalog& catalog, const Json& chosen);

}  // namespace eigensweep::study
