// SPDX-License-Identifier: MIT
// The procedure "closed_form": networks of infinite width. They do not depend on the seed, so one training serves all
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
  training::LaneHistory history;
  history.diverged = models::numerical_failure([&] {
    const Json& section = pack.config().at("training");
    const auto learning_rate = study::read<training::Rates>(section.at("optimizer")).learning_rate;
    history = history_of(network->train(pack.data(), study::read<study::Training>(section), learning_rate));
  });
  if (history.diverged.empty()) history.diverged = models::not_finite(*network).front();
  Outcome outcome;
  outcome.networks.model = std::move(network);
  outcome.networks.lost.assign(lanes, history.diverged);
  outcome.sent =
      send_training(pack, std::vector<training::LaneHistory>(lanes, history), outcome.networks, watched.seconds(), {});
  return outcome;
}

}  // namespace eigensweep::worker
#endif
