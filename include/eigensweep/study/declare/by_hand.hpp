// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/study/declare/kind.hpp"

/// Resolved configurations that tests and benchmarks make by hand: the chosen options, and declared defaults for the
/// rest. They are not checked; study::parse_study checks study files.
namespace eigensweep::study {

/// A section with these options in the order of their declaration, "kind" first where it is chosen. An option without a
/// default that is not chosen is left out.
Json resolved(const Options& options, const Json& chosen);

/// The whole configuration of a trial: "dataset" (if chosen), "model", "training" with its optimiser and schedule,
/// "regularizers" and "seed"; with a "procedure" only the sections that are chosen. Throws ContractViolation for an
/// unknown kind, and where there is neither a "model" nor a "procedure".
Json resolved_config(const Catalog& catalog, const Json& chosen);

}  // namespace eigensweep::study
