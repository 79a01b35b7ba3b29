// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "eigensweep/study/plan/pack.hpp"
#include "eigensweep/sweep/schedule/monitor.hpp"
#include "eigensweep/sweep/schedule/silence.hpp"

namespace eigensweep::sweep {

/// What the cost model says of a pack.
struct PackCosts {
  /// Operations until a pack has something to keep: none where training goes by steps, each of which can be a
  /// checkpoint; else its closed form, or an evaluation.
  std::function<double(const study::Pack&)> least_flops;
  std::function<double(const study::Pack&, const study::Evaluation&)> evaluation_flops;  ///< of all lanes
};

/// Which busy workers are silent for too long. It learns from every stage that ends how long such a stage takes
/// (sweep/schedule/silence.hpp). Times are seconds from any fixed moment.
class HangWatch {
 public:
  HangWatch(std::size_t workers, std::size_t trials, PackCosts costs);

  /// The worker got a pack.
  void gave(std::size_t worker, double now);
  /// A worker with this pack said something. `before`: what was known of it until then. Returns how long it was silent.
  double heard(std::size_t worker, const wire::Happening& what, const WorkerStatus& before, const study::Pack& pack,
               double now);
  /// A worker with this pack was taken for hung: it may take longer the next time.
  void hung(const study::Pack& pack);

  /// A worker that its supervisor should be asked about.
  struct Doubtful {
    std::size_t worker = 0;
    double allowed = 0;  ///< seconds that it may be silent
  };
  /// The pack of a worker; null for one without.
  using PackOf = std::function<const study::Pack*(std::size_t worker)>;
  /// To be called often. A call that comes late shows that nobody listened, and what was said meanwhile may still be on
  /// its way. The same silence is asked about again only after a while.
  std::vector<Doubtful> look(const std::vector<WorkerStatus>& workers, const PackOf& pack_of, double now);

 private:
  struct Watched {
    double heard = 0;         ///< when it last said something
    double stage_began = 0;   ///< the stage that it is in
    double share_then = 0;    ///< of its pack that was done at that moment
    bool has_record = false;  ///< of the evaluation that it is in
    double next_ask = 0;      ///< when its supervisor may be asked (again) whether it hangs
  };

  void measure(Watched& watched, const wire::Happening& what, const WorkerStatus& before, const study::Pack& pack,
               double now);
  [[nodiscard]] Stretch stretch_of(const WorkerStatus& status, const study::Pack& pack) const;
  [[nodiscard]] int hangs_of(const study::Pack& pack) const;

  std::vector<Watched> workers_;
  std::vector<std::uint8_t> hangs_;  ///< per trial: packs with it that were taken for hung
  PackCosts costs_;
  Silence silence_;
  double next_look_ = 0;
};

}  // namespace eigensweep::sweep
