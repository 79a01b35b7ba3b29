// SPDX-License-Identifier: MIT
#include "resolve.hpp"

#include "eigensweep/catalog.hpp"
#include "eigensweep/study/declare/by_hand.hpp"

namespace eigensweep::worker {

wire::PackTask resolved(wire::PackTask task) {
  for (wire::TaskLane& lane : task.lanes) lane.config = study::resolved_config(catalog(), lane.config);
  for (wire::TaskEvaluation& evaluation : task.evaluations) {
    const study::Kind* kind = nullptr;
    for (const study::Family family : {study::Family::attack, study::Family::metric}) {
      if (evaluation.family == study::family_name(family)) kind = catalog().find(family, evaluation.kind);
    }
    if (kind != nullptr) evaluation.options = study::resolved(kind->options, evaluation.options);
  }
  return task;
}

}  // namespace eigensweep::worker
