// SPDX-License-Identifier: MIT
// The procedure "train": gradient steps, with checkpoints.
#ifdef EIGENSWEEP_DECLARATIONS
#include "declare_networks.hpp"

namespace eigensweep::worker {

study::Kind declare_train() {
  study::Kind kind = declare_networks("train", "trains a network by gradient steps; the usual one, without options");
  kind.procedure.has_checkpoints = true;
  return kind;
}

}  // namespace eigensweep::worker

#else
#include <filesystem>
#include <memory>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/models/numerics/numerical.hpp"
#include "procedure.hpp"
#include "stopwatch.hpp"
#include "training_record.hpp"

namespace eigensweep::worker {
namespace {

// Continues from the checkpoint, if there is one. With a broken checkpoint the training starts again from the
// beginning.
std::unique_ptr<training::Trainer> start_trainer(const PackRun& pack) {
  auto trainer = std::make_unique<training::Trainer>(pack.configs(), pack.data(), pack.session.device());
  const std::string& checkpoint = pack.task.checkpoint_file;
  if (checkpoint.empty() || !std::filesystem::exists(checkpoint)) return trainer;
  try {
    trainer->load(checkpoint, pack.trials());
    log::info("pack {} goes on from its checkpoint", pack.task.pack);
  } catch (const DataError& error) {
    log::warn("{}", error.what());
  }
  return trainer;
}

training::Hooks watch(const PackRun& pack, training::Trainer& trainer) {
  const PackHooks& hooks = pack.hooks;
  training::Hooks watch;
  watch.wants_losses = hooks.wants_losses;
  watch.should_stop = hooks.should_stop;
  if (hooks.progress) {
    watch.progress = [&hooks](const training::Progress& progress) { hooks.progress(nullptr, progress); };
  }
  if (hooks.trace) {
    watch.trace = [&](std::int64_t step, std::int64_t epoch, const training::StepResult* result) {
      hooks.trace(trainer, step, epoch, result);
    };
  }
  if (!pack.task.checkpoint_file.empty() && pack.task.checkpoint_every > 0) {
    watch.epoch_done = [&pack, &trainer, since = Stopwatch()]() mutable {
      if (since.seconds() < pack.task.checkpoint_every) return;
      trainer.save(pack.task.checkpoint_file, pack.trials());
      since.restart();
    };
  }
  return watch;
}

}  // namespace

Outcome run_train(const PackRun& pack) {
  const std::string& checkpoint = pack.task.checkpoint_file;
  const Stopwatch watched;
  const std::unique_ptr<training::Trainer> trainer = start_trainer(pack);
  bool is_over = true;
  const std::string failure = models::numerical_failure([&] { is_over = trainer->run(watch(pack, *trainer)); });
  if (!failure.empty() && pack.task.lanes.size() > 1) {
    std::filesystem::remove(checkpoint);
    return {Outcome::End::spoilt};
  }
  if (!is_over) {
    if (checkpoint.empty()) return {Outcome::End::stopped};
    trainer->save(checkpoint, pack.trials());
    return {Outcome::End::stopped_with_checkpoint};
  }
  std::vector<training::LaneHistory> histories = trainer->histories();
  Outcome outcome;
  for (training::LaneHistory& history : histories) {
    if (history.diverged.empty()) history.diverged = failure;
    outcome.networks.lost.push_back(history.diverged);
  }
  const std::vector<std::string> remarks = trainer->remarks();
  outcome.networks.snapshots = trainer->snapshots();
  outcome.networks.model = std::move(*trainer).take_model();
  outcome.sent = send_training(pack, histories, outcome.networks, watched.seconds(), remarks, [checkpoint] {
    if (!checkpoint.empty()) file::remove(checkpoint);
  });
  return outcome;
}

}  // namespace eigensweep::worker
#endif
