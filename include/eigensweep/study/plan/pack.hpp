// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/study/plan/device_profile.hpp"

namespace eigensweep::study {

/// The work that is finished according to the ledger.
struct Done {
  std::set<std::string> trained;     ///< trial ids with a final training record (ok, diverged)
  std::set<std::string> with_model;  ///< of these, the ones whose network is on disk
  std::set<std::string> hopeless;    ///< trial ids that diverged or failed for good: they are not run again
  /// trial id -> evaluation id -> finished intensities (an empty set for a finished metric)
  std::map<std::string, std::map<std::string, std::set<double>>> evaluated;
  /// Trial ids, by lane, of unfinished packs that can be resumed: the lanes of each stay together.
  std::vector<std::vector<std::string>> under_way;
};

/// One trial's place in a pack.
struct Lane {
  std::size_t trial = 0;  ///< index into Study::trials
  bool train = true;      ///< false: the network is loaded from models/, only the evaluations are run
};

/// A list of evaluations that packs share: a copy copies none of them.
class EvaluationList {
 public:
  EvaluationList() = default;
  EvaluationList(std::vector<Evaluation> list)  // NOLINT: a list is what it is
      : list_(std::make_shared<const std::vector<Evaluation>>(std::move(list))) {}

  [[nodiscard]] const std::vector<Evaluation>& get() const noexcept;
  operator const std::vector<Evaluation>&() const noexcept { return get(); }  // NOLINT
  [[nodiscard]] auto begin() const noexcept { return get().begin(); }
  [[nodiscard]] auto end() const noexcept { return get().end(); }
  [[nodiscard]] std::size_t size() const noexcept { return get().size(); }
  [[nodiscard]] bool empty() const noexcept { return get().empty(); }
  [[nodiscard]] const Evaluation& front() const { return get().front(); }
  [[nodiscard]] const Evaluation& operator[](std::size_t i) const { return get()[i]; }

 private:
  std::shared_ptr<const std::vector<Evaluation>> list_;
};

/// Trials of one shape that a worker trains side by side, with what is to be evaluated on all of them.
struct Pack {
  std::string id;  ///< hash of the lanes' trial ids and the evaluations: the next run gives equal work the same id
  std::vector<Lane> lanes;
  EvaluationList evaluations;
  double flops = 0;        ///< predicted floating-point operations
  bool is_of_cpu = false;  ///< trains no network: runs on CPU cores beside any device
  /// Fixed cost of the pack for any number of lanes, in operations: small steps do not fill a device.
  double overhead_flops = 0;
  std::size_t least_lanes = 1;  ///< smaller pieces would waste the device: DeviceProfile::most_overhead_share
  double bytes = 0;             ///< predicted device memory
  std::size_t group = 0;        ///< the same for packs whose trials have one shape and the same evaluations
  bool has_checkpoint = false;  ///< an earlier run left a checkpoint of exactly these lanes
};

struct PackLimits {
  std::size_t workers = 1;                      ///< packs are kept small enough that every worker gets work
  std::size_t most_lanes = 0;                   ///< 0: chosen by the cost model
  double memory = cpu_core.memory;              ///< bytes a pack may take on a device
  DeviceProfile device = cpu_core;              ///< of every worker
  double cpu_rate = cpu_core.flops_per_second;  ///< operations a second of packs that run on CPU cores anyway
};

/// The work that is left: packs of one shape, longest predicted first.
std::vector<Pack> form_packs(const Study& study, const Catalog& catalog, const Done& done, const PackLimits& limits);

/// Predicted operations and memory of a pack of these trials (cost model; see docs/architecture.md).
double predicted_flops(const Study& study, const Catalog& catalog, const std::vector<Lane>& lanes,
                       const std::vector<Evaluation>& evaluations);
double predicted_bytes(const Study& study, const Catalog& catalog, const std::vector<Lane>& lanes,
                       const std::vector<Evaluation>& evaluations, const DeviceProfile& device = cpu_core);

/// One line if the largest of these packs needs more than the `memory` bytes of a worker: what needs the memory, and
/// what to do; else "". Packs are cut for that memory, so a pack that is too large has a single trial.
std::string memory_words(const Study& study, const Catalog& catalog, const std::vector<Pack>& packs, double memory);

/// The shape of a trial: what must be equal for two trials to share a pack (configuration without its per-lane
/// options).
std::string shape_key(const Study& study, const Catalog& catalog, const Trial& trial);

/// What `eigensweep plan` prints: points, cells, trials, packs, operations, memory, expected time on `workers` workers
/// at `flops_per_second` each; with `done` from an earlier run, what is left. Its warnings are the study's, and one if
/// a trial needs more memory than a worker has.
Json plan(const Study& study, const Catalog& catalog, const Done& done, const PackLimits& limits,
          double flops_per_second);

}  // namespace eigensweep::study
