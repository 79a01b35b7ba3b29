// SPDX-License-Identifier: MIT
// The procedure "closed_form": networks of infinite width. They do not depend on the seed, so one kernel serves all
// lanes.
#ifdef EIGENSWEEP_DECLARATIONS
#include "declare_networks.hpp"

namespace eigensweep::worker {

study::Kind declare_closed_form() {
  study::Kind kind = declare_networks("closed_form", "trains a network of infinite width, without steps");
  kind.procedure.is_chosen = false;
  return kind;
}

}  // namespace eigensweep::worker

#else
#include <limits>
#include <memory>
#include <utility>

#include "eigensweep/kernels/limit_network.hpp"
#include "eigensweep/models/finite.hpp"
#include "eigensweep/models/numerics/numerical.hpp"
#include "procedure.hpp"
#include "stopwatch.hpp"
#include "training_record.hpp"

namespace eigensweep::worker {
namespace {

// The closed form gives a loss after each epoch, but no penalty and no training accuracy.
training::LaneHistory history_of(const std::vector<double>& losses) {
  training::LaneHistory history;
  history.loss = history.task_loss = losses;
  history.penalty.assign(losses.size(), 0.0);
  history.train_accuracy.assign(losses.size(), std::numeric_limits<double>::quiet_NaN());
  return history;
}

}  // namespace

Outcome run_closed_form(const PackRun& pack) {
  const Stopwatch watched;
  const std::size_t lanes = pack.task.lanes.size();
  auto network = std::make_unique<kernels::LimitNetwork>(pack.config().at("model"), pack.data().info,
                                                         static_cast<std::int64_t>(lanes), pack.session.device());
  std::vector<training::LaneHistory> histories(lanes);
  const std::string failure = models::numerical_failure([&] {
    std::vector<double> rates;
    for (const wire::TaskLane& lane : pack.task.lanes) {
      rates.push_back(study::read<training::Rates>(lane.config.at("training").at("optimizer")).learning_rate);
    }
    const auto training = study::read<study::Training>(pack.config().at("training"));
    const std::vector<std::vector<double> > losses = network->train(pack.data(), training, rates);
    for (std::size_t lane = 0; lane < lanes; ++lane) histories[lane] = history_of(losses[lane]);
  });
  Outcome outcome;
  outcome.networks.lost = models::not_finite(*network);
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    if (!failure.empty()) outcome.networks.lost[lane] = failure;
    histories[lane].diverged = outcome.networks.lost[lane];
  }
  outcome.networks.model = std::move(network);
  outcome.sent = send_training(pack, histories, outcome.networks, watched.seconds(), {});
  return outcome;
}

}  // namespace eigensweep::worker
#endif
