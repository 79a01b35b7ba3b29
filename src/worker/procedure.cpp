// SPDX-License-Identifier: MIT
#include "procedure.hpp"

#include "eigensweep/catalog.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/core/here.hpp"
#include "eigensweep/core/version.hpp"
#include "eigensweep/study/declare/procedure.hpp"
#include "eigensweep/worker/host.hpp"

namespace eigensweep::worker {

#define EIGENSWEEP_KIND(name) Outcome run_##name(const PackRun& pack);
#include "procedures.def"
#undef EIGENSWEEP_KIND

namespace {

std::string name_of_procedure(const wire::PackTask& task) {
  const bool train = task.lanes.front().train;
  for (const wire::TaskLane& lane : task.lanes) {
    if (lane.train == train) continue;
    throw DataError(fmt::format("task {}: it mixes lanes to train with lanes to load", task.pack));
  }
  if (!train) return "load";
  return study::procedure_of(catalog(), task.lanes.front().config).name;
}

}  // namespace

Procedure procedure_of(const wire::PackTask& task) {
  const std::string wanted = name_of_procedure(task);
#define EIGENSWEEP_KIND(name) \
  if (wanted == #name) return run_##name;
#include "procedures.def"
#undef EIGENSWEEP_KIND
  throw ContractViolation(fmt::format("no procedure named '{}'", wanted));
}

const data::DeviceDataset& PackRun::data() const {
  EIGENSWEEP_EXPECT(dataset != nullptr);
  return *dataset;
}

std::vector<Json> PackRun::configs() const {
  std::vector<Json> configs;
  for (const wire::TaskLane& lane : task.lanes) configs.push_back(lane.config);
  return configs;
}

std::vector<std::uint64_t> PackRun::seeds() const {
  std::vector<std::uint64_t> seeds;
  for (const wire::TaskLane& lane : task.lanes) seeds.push_back(lane.config.at("seed").get<std::uint64_t>());
  return seeds;
}

std::vector<std::string> PackRun::trials() const {
  std::vector<std::string> trials;
  for (const wire::TaskLane& lane : task.lanes) trials.push_back(lane.trial);
  return trials;
}

wire::Record PackRun::completed(wire::Record record, std::size_t lane, double seconds) const {
  Json provenance{{"host", host_name()},
                  {"device", device_name(session.device())},
                  {"torch", torch_version()},
                  {"float32", float32_products()},
                  {"cpu_products", cpu_products()},
                  {"eigensweep", std::string(build_info().version)},
                  {"git_revision", std::string(build_info().git_revision)},
                  {"threads", torch::get_num_threads()},
                  {"cpus", cpu_list(allowed_cpus())},
                  {"pack", task.pack},
                  {"lane", lane},
                  {"lanes", task.lanes.size()}};
  if (!task.packs_for.is_null()) provenance["packs_for"] = task.packs_for;
  if (dataset != nullptr) provenance["dataset_sha256"] = dataset->sha256;
  provenance["seconds"] = seconds;
  provenance.update(record.provenance);
  record.provenance = std::move(provenance);
  return record;
}

void PackRun::send(wire::Record record, std::size_t lane, double seconds) const {
  hooks.record(completed(std::move(record), lane, seconds));
}

}  // namespace eigensweep::worker
