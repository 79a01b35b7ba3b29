// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eigensweep/models/model.hpp"
#include "eigensweep/models/store/snapshot.hpp"

namespace eigensweep::worker {

/// The networks of a pack, in the order of the task's lanes.
struct Networks {
  std::unique_ptr<models::Model> model;
  std::vector<models::Snapshot> snapshots;  ///< the networks during training, if it kept any
  std::vector<std::string> lost;            ///< per lane: why its network is unusable (not finite), or ""
};

}  // namespace eigensweep::worker
