// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eigensweep/models/model.hpp"
#include "eigensweep/models/store/snapshot.hpp"

namespace eigensweep::worker {

/// The networks of a pack, a lane per lane of its task.
struct Networks {
  std::unique_ptr<models::Model> model;
  std::vector<models::Snapshot> snapshots;  ///< the networks on the way, where the training kept some
  std::vector<std::string> lost;            ///< per lane why its network is none any more, or ""
};

}  // namespace eigensweep::worker
