// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "eigensweep/study/study.hpp"

namespace eigensweep::study {

/// What is known to be finished, as the ledger tells it.
struct Done {
  std::set<std::string> trained;     ///< trial ids with a training record that ends the matter (ok, diverged)
  std::set<std::string> with_model;  ///< of these, the ones whose network is on disk
  std::set<std::string> hopeless;    ///< trial ids that diverged or failed for good: nothing more is asked of them
  /// trial id -> evaluation id -> strengths already there (an empty set for a metric that is there)
  std::map<std::string, std::map<std::string, std::set<double>>> evaluated;
  /// Trial ids, by lane, of packs that were under way and can be gone on with: they stay together.
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
  std::string id;  ///< hash of the lanes' trial ids and of what is asked: the same work has the same id in the next run
  std::vector<Lane> lanes;
  EvaluationList evaluations;
  double flops = 0;  ///< predicted floating-point operations
  /// What it takes beside them, whatever its number of lanes, as operations: small steps do not fill a device.
  double overhead_flops = 0;
  double bytes = 0;             ///< predicted device memory
  std::size_t group = 0;        ///< the same for packs whose trials have one shape and are asked the same
  bool has_checkpoint = false;  ///< an earlier run left one of exactly these lanes: they stay together
};

struct PackLimits {
  std::size_t workers = 1;     ///< packs are kept small enough that every worker gets work
  std::size_t most_lanes = 0;  ///< 0: chosen by the cost model
  double memory = 4e9;         ///< bytes a pack may take on a device
};

/// The work that is left: packs of one shape, longest predicted first.
std::vector<Pack> form_packs(const Study& study, const Catalog& catalog, const Done& done, const PackLimits& limits);

/// Predicted operations and memory of a pack of these trials (cost model; see docs/architecture.md).
double predicted_flops(const Study& study, const Catalog& catalog, const std::vector<Lane>& lanes,
                       const std::vector<Evaluation>& evaluations);
double predicted_bytes(const Study& study, const Catalog& catalog, const std::vector<Lane>& lanes,
                       const std::vector<Evaluation>& evaluations);

/// "" or, in one line, that the largest of these packs needs more than the `memory` bytes of a worker: what it is for,
/// and what to do. Packs have been cut for that memory, so a single trial does.
std::string memory_words(const Study& study, const Catalog& catalog, const std::vector<Pack>& packs, double memory);

/// The shape of a trial: what must be equal for two trials to share a pack (configuration without its per-lane
/// options).
std::string shape_key(const Study& study, const Catalog& catalog, const Trial& trial);

/// What `eigensweep plan` prints: points, cells, trials, packs, operations, memory, expected time on `workers` workers
/// at `flops_per_second` each; with `done` from an earlier run, what is left. Its warnings are the study's, and that a
/// trial needs more memory than a worker has.
Json plan(const Study& study, const Catalog& catalog, const Done& done, const PackLimits& limits,
          double flops_per_second);

}  // namespace eigensweep::study
