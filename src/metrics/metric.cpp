// SPDX-License-Identifier: MIT
#include "eigensweep/metrics/metric.hpp"

#include "eigensweep/core/error.hpp"

namespace eigensweep::metrics {

#define EIGENSWEEP_KIND(name) std::unique_ptr<Metric> make_##name(const Json& options);
#include "metrics.def"
#undef EIGENSWEEP_KIND

std::unique_ptr<Metric> make_metric(const std::string& kind, const Json& options) {
#define EIGENSWEEP_KIND(name) \
  if (kind == #name) return make_##name(options);
#include "metrics.def"
#undef EIGENSWEEP_KIND
  throw ContractViolation(fmt::format("unknown metric '{}'", kind));
}

}  // namespace eigensweep::metrics
