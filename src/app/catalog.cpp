// SPDX-License-Identifier: MIT
#include "eigensweep/catalog.hpp"

#include "eigensweep/data/dataset.hpp"

namespace eigensweep {

// One function per row of every family's table; each stands in the declaration half of its kind's file.
#define EIGENSWEEP_KIND(name) study::Kind declare_##name();
namespace worker {
#include "../worker/procedures.def"
}
namespace data {
#include "../data/datasets.def"
}
namespace models {
#include "../models/models.def"
}
namespace training {
#include "../training/optimizers.def"
#include "../training/schedules.def"
}  // namespace training
namespace regularizers {
#include "../regularizers/regularizers.def"
}
namespace constraints {
#include "../constraints/constraints.def"
}
namespace attacks {
#include "../attacks/attacks.def"
}
namespace metrics {
#include "../metrics/metrics.def"
}
#undef EIGENSWEEP_KIND

namespace {

study::Kind loaded(study::Kind dataset) {
  dataset.content_hash = [](const Json& options) { return data::load(options).sha256; };
  return dataset;
}

}  // namespace

const study::Catalog& catalog() {
  static const study::Catalog all = [] {
    study::Catalog made;
#define EIGENSWEEP_KIND(name) made.add(worker::declare_##name());
#include "../worker/procedures.def"
#undef EIGENSWEEP_KIND
#define EIGENSWEEP_KIND(name) made.add(loaded(data::declare_##name()));
#include "../data/datasets.def"
#undef EIGENSWEEP_KIND
#define EIGENSWEEP_KIND(name) made.add(models::declare_##name());
#include "../models/models.def"
#undef EIGENSWEEP_KIND
#define EIGENSWEEP_KIND(name) made.add(training::declare_##name());
#include "../training/optimizers.def"
#include "../training/schedules.def"
#undef EIGENSWEEP_KIND
#define EIGENSWEEP_KIND(name) made.add(regularizers::declare_##name());
#include "../regularizers/regularizers.def"
#undef EIGENSWEEP_KIND
#define EIGENSWEEP_KIND(name) made.add(constraints::declare_##name());
#include "../constraints/constraints.def"
#undef EIGENSWEEP_KIND
#define EIGENSWEEP_KIND(name) made.add(attacks::declare_##name());
#include "../attacks/attacks.def"
#undef EIGENSWEEP_KIND
#define EIGENSWEEP_KIND(name) made.add(metrics::declare_##name());
#include "../metrics/metrics.def"
#undef EIGENSWEEP_KIND
    return made;
  }();
  return all;
}

}  // namespace eigensweep
