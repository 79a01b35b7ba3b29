// SPDX-License-Identifier: MIT
// The procedure "load": networks that an earlier run saved.
#ifdef EIGENSWEEP_DECLARATIONS
#include "declare_networks.hpp"

namespace eigensweep::worker {

study::Kind declare_load() {
  study::Kind kind = declare_networks("load", "reads networks that an earlier run kept");
  kind.procedure.is_chosen = false;
  kind.columns.clear();
  return kind;
}

}  // namespace eigensweep::worker

#else
#include "eigensweep/core/error.hpp"
#include "eigensweep/kernels/limit_network.hpp"
#include "eigensweep/models/finite.hpp"
#include "eigensweep/models/store/safetensors.hpp"
#include "procedure.hpp"

namespace eigensweep::worker {
namespace {

// If a user copied or renamed the file, its numbers would be recorded for another trial.
void check_owner(const models::TensorFile& file, const std::string& trial) {
  const auto owner = file.metadata.find("trial");
  if (owner == file.metadata.end() || owner->second == trial) return;
  throw DataError(fmt::format("{}: holds the network of trial {}, not of {}; delete it, and it is made again",
                              file.file.string(), owner->second, trial));
}

}  // namespace

Outcome run_load(const PackRun& pack) {
  Outcome outcome;
  Networks& networks = outcome.networks;
  const Json& options = pack.config().at("model");
  networks.model = kernels::make_network(options, pack.data().info, pack.seeds(), pack.session.device());
  std::vector<models::TensorFile> files;
  for (std::size_t lane = 0; lane < pack.task.lanes.size(); ++lane) {
    files.push_back(models::read_tensors(pack.task.lanes[lane].model_file));
    check_owner(files.back(), pack.task.lanes[lane].trial);
    models::load_lane(*networks.model, static_cast<std::int64_t>(lane), files.back());
  }
  networks.model->attach(pack.data().train_images);
  if (!models::network_of(pack.config()).is_infinite()) {
    networks.snapshots = models::kept_snapshots(*networks.model, files);
  }
  networks.lost = models::not_finite(*networks.model);
  return outcome;
}

}  // namespace eigensweep::worker
#endif
