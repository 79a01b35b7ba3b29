// SPDX-License-Identifier: MIT
// Task files, as `eigensweep-worker --task` reads them: JSON text becomes a task or a DataError, and a task that was
// read is written the same.
#include <string>

#include "eigensweep/core/error.hpp"
#include "eigensweep/wire/task.hpp"
#include "fuzz.hpp"

using namespace eigensweep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  const Json json = Json::parse(bytes, bytes + count, nullptr, false);
  if (json.is_discarded()) return 0;
  try {
    const wire::PackTask task = wire::task_from_json(json);
    fuzz::require(!task.lanes.empty(), "a task has a lane");
    const Json written = wire::to_json(task);
    fuzz::require(wire::to_json(wire::task_from_json(written)) == written, "a task that was written is read the same");
  } catch (const DataError&) {  // NOLINT(bugprone-empty-catch): refused, as it should be
  }
  return 0;
}
