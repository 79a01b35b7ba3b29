// SPDX-License-Identifier: MIT
#include "eigensweep/training/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/finite.hpp"
#include "eigensweep/models/network_options.hpp"
#include "eigensweep/models/parametrisation.hpp"

namespace eigensweep::training {
namespace {

// Violations up to this size are float32 rounding.
constexpr double violation_of_rounding = 1e-5;

std::vector<std::uint64_t> seeds_of(const std::vector<Json>& configs) {
  std::vector<std::uint64_t> seeds;
  for (const Json& config : configs) seeds.push_back(config.at("seed").get<std::uint64_t>());
  return seeds;
}

std::vector<std::uint64_t> order_seeds_of(const std::vector<Json>& configs, const study::Training& training) {
  if (training.batch_order == study::Training::Order::per_seed) return seeds_of(configs);
  return std::vector<std::uint64_t>(configs.size(), 0);
}

std::vector<double> stop_losses_of(const std::vector<Json>& configs) {
  std::vector<double> losses;
  for (const Json& config : configs) {
    losses.push_back(study::read<study::Training>(config.at("training")).stop_loss);
  }
  return losses;
}

std::vector<Json> section_of(const std::vector<Json>& configs, const Json::json_pointer& pointer) {
  std::vector<Json> sections;
  for (const Json& config : configs) sections.push_back(config.at(pointer));
  return sections;
}

std::vector<double> to_vector(const Tensor& tensor) {
  const Tensor values = tensor.to(torch::kCPU, torch::kFloat64).contiguous();
  return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

/// Sets what every parameter's learning rate is multiplied by.
std::vector<models::NamedTensor>& with_rates(std::vector<models::NamedTensor>& parameters, const Json& config,
                                             study::Training::RateRule rule) {
  const double ratio = models::network_of(config).width_ratio();
  const bool adapts = is_adaptive(config.at("training").at("optimizer"));
  for (models::NamedTensor& named : parameters) {
    named.rate = models::rate_factor(rule, adapts, named.place, ratio);
  }
  return parameters;
}

/// As in Chizat, Oyallon, Bach 2019: if outputs are scaled by a, the task's loss is scaled by 1 / a^2.
double task_weight(const Json& config) { return std::pow(models::network_of(config).output_scale, -2.0); }

}  // namespace

Trainer::Trainer(std::vector<Json> configs, const data::DeviceDataset& data, const torch::Device& device)
    : configs_(std::move(configs)),
      training_(study::read<study::Training>(configs_.front().at("training"))),
      stop_losses_(stop_losses_of(configs_)),
      data_(data),
      model_(models::make_model(configs_.front().at("model"), data.info, seeds_of(configs_), device)),
      task_(make_task(training_)),
      optimizer_(make_optimizer(section_of(configs_, Json::json_pointer("/training/optimizer")),
                                with_rates(model_->parameters(), configs_.front(), training_.rate_rule))),
      batches_(data, order_seeds_of(configs_, training_), training_.batch_size, training_.drops_last()),
      histories_(configs_.size()),
      snapshot_epochs_(models::log_spaced_epochs(training_.epochs, training_.snapshots)),
      ended_(configs_.size()),
      record_(static_cast<std::int64_t>(configs_.size()), device) {
  model_->fit_inputs(data.train_images);
  for (const auto& [label, options] : configs_.front().at("regularizers").items()) {
    regularizer_labels_.push_back(label);
    regularizers_.push_back(regularizers::make_regularizer(
        section_of(configs_, Json::json_pointer("/regularizers") / label), seeds_of(configs_)));
  }
  for (constraints::Labelled& one : constraints::begin_constraints(configs_, *model_)) {
    constraint_labels_.push_back(std::move(one.label));
    constraints_.push_back(std::move(one.constraint));
  }
  stepper_ = std::make_unique<Stepper>(*model_, *task_, regularizers_, constraints_, *optimizer_,
                                       Adversary(training_, seeds_of(configs_), data.info, device),
                                       task_weight(configs_.front()), training_.compute);
  if (asks_for_recorded_steps() && stepper_->repeats()) {
    step_graph_ = std::make_unique<StepGraph>(device, [this] { return state(/*in_epoch=*/false); });
  }
}

bool Trainer::run(const Hooks& hooks) {
  if (hooks.trace && epoch_ == 0 && step_ == 0) hooks.trace(0, 0, nullptr);
  while (epoch_ < training_.epochs && !is_over()) {
    if (!epoch_is_open_) begin_epoch();
    while (step_ < batches_.count() && !is_over()) {
      const StepResult result = step();
      record_.add(result);
      ++step_;
      if (hooks.trace) hooks.trace(epoch_ * batches_.count() + step_, epoch_, &result);
      report(hooks, result);
      if (hooks.should_stop && hooks.should_stop()) return false;
    }
    end_epoch();
    if (hooks.epoch_done && epoch_ < training_.epochs) hooks.epoch_done();
  }
  bring_back_ended();
  while (snapshots_.size() < snapshot_epochs_.size()) take_snapshot();  // where every lane ended early
  model_->refresh(data_.train_images);                                  // for evaluation
  const std::vector<std::string> lost = models::not_finite(*model_);
  for (std::int64_t lane = 0; lane < model_->lanes(); ++lane) {
    const std::string trouble = model_->trouble(lane);
    const std::string& reason = trouble.empty() ? lost[static_cast<std::size_t>(lane)] : trouble;
    if (!reason.empty()) set_down(lane, reason);
  }
  return true;
}

StepResult Trainer::step() {
  const std::int64_t done = epoch_ * batches_.count() + step_;
  const auto by_itself = [&](const Tensor& index) { return stepper_->step(batches_.of(index), rate_factor(), done); };
  const Tensor index = batches_.index(step_);
  // In warm-up each step has a learning rate of its own; an epoch's last batch may be smaller.
  const bool is_like_others = epoch_ >= training_.warmup_epochs && batches_.samples_of(step_) == batches_.samples_of(0);
  return step_graph_ && is_like_others ? step_graph_->run(index, by_itself) : by_itself(index);
}

void Trainer::report(const Hooks& hooks, const StepResult& result) const {
  if (!hooks.progress) return;
  Progress progress{epoch_, training_.epochs, step_, batches_.count(), {}};
  if (hooks.wants_losses && hooks.wants_losses()) progress.losses = to_vector(result.loss());
  hooks.progress(progress);
}

void Trainer::begin_epoch() {
  batches_.begin_epoch(epoch_);
  std::vector<bool> alive;
  for (std::size_t lane = 0; lane < histories_.size(); ++lane) {
    alive.push_back(histories_[lane].diverged.empty() && ended_[lane].empty());
  }
  if (!regularizers_.empty()) model_->refresh(data_.train_images);  // their spectra are taken in evaluation mode
  for (std::size_t i = 0; i < regularizers_.size(); ++i) {
    for (const regularizers::Casualty& casualty : regularizers_[i]->begin_epoch(*model_, data_, alive)) {
      set_down(casualty.lane, fmt::format("{}: {}", regularizer_labels_[i], casualty.reason));
    }
  }
  if (step_graph_) step_graph_->begin_epoch();
  step_ = 0;
  epoch_is_open_ = true;
}

void Trainer::end_epoch() {
  if (epoch_ + 1 < training_.epochs) batches_.draw_ahead(epoch_ + 1);  // before the wait for the sums
  std::vector<std::int64_t> samples;
  for (std::int64_t step = 0; step < step_; ++step) samples.push_back(batches_.samples_of(step));
  const auto all = static_cast<double>(batches_.samples());
  const Tensor means = (record_.sums(samples, task_weight(configs_.front())) / all).to(torch::kCPU);
  record_.clear();
  const auto value = means.accessor<double, 2>();
  for (std::size_t i = 0; i < histories_.size(); ++i) {
    LaneHistory& history = histories_[i];
    if (!history.diverged.empty() || !ended_[i].empty()) continue;
    const auto lane = static_cast<std::int64_t>(i);
    history.loss.push_back(value[0][lane]);
    history.task_loss.push_back(value[1][lane]);
    history.penalty.push_back(value[2][lane]);
    // If the loss is not finite, the samples counted as right do not give the epoch's accuracy.
    history.train_accuracy.push_back(std::isfinite(value[0][lane]) ? value[3][lane]
                                                                   : std::numeric_limits<double>::quiet_NaN());
    const double enough = stop_losses_[i];
    if (value[1][lane] <= enough && enough > 0) keep(i);
    if (std::isfinite(value[0][lane])) continue;
    const std::string trouble = model_->trouble(lane);
    set_down(lane, trouble.empty() ? "the loss is not finite" : trouble);
  }
  ++epoch_;
  step_ = 0;
  epoch_is_open_ = false;
  if (snapshots_.size() < snapshot_epochs_.size() && snapshot_epochs_[snapshots_.size()] == epoch_) take_snapshot();
}

// A lane that has reached stop_loss gets the network that it kept.
void Trainer::take_snapshot() {
  std::vector<std::int64_t> epochs;
  for (const LaneHistory& history : histories_) epochs.push_back(static_cast<std::int64_t>(history.loss.size()));
  snapshots_.push_back(models::take_snapshot(*model_, std::move(epochs)));
  for (std::size_t lane = 0; lane < ended_.size(); ++lane) {
    for (std::size_t i = 0; i < ended_[lane].size(); ++i) {
      snapshots_.back().tensors[i].tensor[static_cast<std::int64_t>(lane)].copy_(ended_[lane][i].tensor);
    }
  }
}

void Trainer::set_down(std::int64_t lane, const std::string& reason) {
  LaneHistory& history = histories_[static_cast<std::size_t>(lane)];
  if (history.diverged.empty())
    history.diverged =
        fmt::format("{} in epoch {} of {}", reason, std::min(epoch_ + 1, training_.epochs), training_.epochs);
}

std::vector<std::string> Trainer::remarks() const {
  std::vector<std::string> remarks;
  if (step_graph_ && !step_graph_->trouble().empty()) {
    remarks.push_back(fmt::format("EIGENSWEEP_STEP_GRAPHS: steps were not recorded: {}", step_graph_->trouble()));
  }
  for (std::size_t i = 0; i < regularizers_.size(); ++i) {
    const std::string remark = regularizers_[i]->remark();
    if (!remark.empty()) remarks.push_back(fmt::format("{}: {}", regularizer_labels_[i], remark));
  }
  for (std::size_t i = 0; i < constraints_.size(); ++i) {
    const double worst = constraints_[i]->violation(*model_).nan_to_num(0).max().item<double>();
    if (worst <= violation_of_rounding) continue;
    remarks.push_back(fmt::format("{}: a network is outside of what it allows, by {:g}", constraint_labels_[i], worst));
  }
  return remarks;
}

bool Trainer::is_over() const {
  for (std::size_t lane = 0; lane < histories_.size(); ++lane) {
    if (histories_[lane].diverged.empty() && ended_[lane].empty()) return false;
  }
  return true;
}

// Keeps a copy of the lane's network. The lane's slot trains on with the others, but nothing reads it.
void Trainer::keep(std::size_t lane) {
  const torch::NoGradGuard no_gradients;
  for (const auto* tensors : {&model_->parameters(), &model_->buffers()}) {
    for (const models::NamedTensor& named : *tensors) {
      ended_[lane].push_back({named.name, named.tensor.select(0, static_cast<std::int64_t>(lane)).clone()});
    }
  }
}

void Trainer::bring_back_ended() {
  const torch::NoGradGuard no_gradients;
  for (std::size_t lane = 0; lane < ended_.size(); ++lane) {
    if (ended_[lane].empty()) continue;
    for (const auto* tensors : {&model_->parameters(), &model_->buffers()}) {
      for (const models::NamedTensor& named : *tensors) {
        const auto kept = std::find_if(ended_[lane].begin(), ended_[lane].end(),
                                       [&](const models::NamedTensor& one) { return one.name == named.name; });
        EIGENSWEEP_EXPECT(kept != ended_[lane].end());
        named.tensor.select(0, static_cast<std::int64_t>(lane)).copy_(kept->tensor);
      }
    }
  }
}

double Trainer::rate_factor() const {
  const double scheduled = schedule_factor(configs_.front().at("training").at("schedule"), epoch_, training_.epochs);
  const auto warmup_steps = training_.warmup_epochs * batches_.count();
  const auto done = epoch_ * batches_.count() + step_;
  if (done >= warmup_steps) return scheduled;
  return scheduled * static_cast<double>(done + 1) / static_cast<double>(warmup_steps);
}

}  // namespace eigensweep::training
