// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "attacked_samples.hpp"
#include "eigensweep/core/json.hpp"
#include "eigensweep/models/network_options.hpp"

namespace eigensweep::attacks {

/// Options of kinds that change the network and leave its inputs alone.
struct ChangedSamples : AttackedSamples {
  std::int64_t draws = 10;

  template <class T>
  static study::Fields<T>& add_to(study::Fields<T>& fields) {
    fields.integer("draws", &T::draws, {1, 1e4}, "random changes of the network; results are means over them");
    return AttackedSamples::add_to(fields);
  }
};

/// Says in one line why a network has nothing to change, or "".
inline std::string refuse_change(const Json& config) {
  return models::network_of(config).is_infinite()
             ? "a network of infinite width has no weights or units to change; leave this out, or exclude that width"
             : "";
}

}  // namespace eigensweep::attacks
