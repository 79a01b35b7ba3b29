// SPDX-License-Identifier: MIT
#include "evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "eigensweep/attacks/evaluate.hpp"
#include "eigensweep/constraints/constraint.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/kernels/limit_network.hpp"
#include "eigensweep/metrics/metric.hpp"
#include "eigensweep/models/numerics/numerical.hpp"
#include "eigensweep/models/store/safetensors.hpp"

namespace eigensweep::worker {
namespace {

using metrics::Measurement;

std::vector<Measurement> attack(const wire::TaskEvaluation& evaluation, const metrics::Subject& subject) {
  return attacks::evaluate_robustness(evaluation.kind, evaluation.options, evaluation.intensities, subject.model,
                                      subject.data, subject.seeds);
}

/// Brings networks to where the training of these lanes begins.
std::function<void(models::Model&)> begin_of(std::vector<Json> configs) {
  return [configs = std::move(configs)](models::Model& model) { constraints::begin_constraints(configs, model); };
}

/// Measures the network of one lane alone, outside of the pack.
Measurement measure_alone(const Measure& measure, const wire::TaskLane& lane, std::int64_t index,
                          const Networks& networks, const data::DeviceDataset& data) {
  const std::vector<std::uint64_t> seeds{lane.config.at("seed").get<std::uint64_t>()};
  const auto model = kernels::make_network(lane.config.at("model"), data.info, seeds, data.train_images.device());
  models::TensorFile content = models::lane_of(*networks.model, index);
  models::keep_snapshots(networks.snapshots, index, content);
  models::load_lane(*model, 0, content);
  model->attach(data.train_images);
  for (models::NamedTensor& named : model->parameters()) named.tensor.requires_grad_(false);
  std::vector<models::Snapshot> snapshots;
  if (!networks.snapshots.empty()) snapshots = models::kept_snapshots(*model, {content});
  Measurement measured;
  const std::string failure = models::numerical_failure([&] {
    measured = measure({*model, data, lane.config, seeds, snapshots, begin_of({lane.config})}).front();
  });
  if (!failure.empty()) measured.add_failure(failure);
  return measured;
}

/// Replaces infinities by NaN; returns whether there were any.
template <typename Number>
bool without_infinity(std::vector<std::uint8_t>& bytes) {
  bool found = false;
  for (std::size_t place = 0; place < bytes.size(); place += sizeof(Number)) {
    Number value;
    std::memcpy(&value, bytes.data() + place, sizeof value);
    if (!std::isinf(value)) continue;
    found = true;
    value = std::numeric_limits<Number>::quiet_NaN();
    std::memcpy(bytes.data() + place, &value, sizeof value);
  }
  return found;
}

void remove_infinities(Measurement& measured) {
  for (auto& [name, array] : measured) {
    if (std::find(measured.unbounded.begin(), measured.unbounded.end(), name) != measured.unbounded.end()) continue;
    const bool found = array.dtype == "f64"   ? without_infinity<double>(array.bytes)
                       : array.dtype == "f32" ? without_infinity<float>(array.bytes)
                                              : false;
    if (found) measured.add_failure(fmt::format("{} is infinite", name));
  }
}

}  // namespace

std::vector<Measurement> measure_lanes(const Measure& measure, const wire::PackTask& task, const Networks& networks,
                                       const data::DeviceDataset& data) {
  std::vector<std::uint64_t> seeds;
  std::vector<Json> configs;
  for (const wire::TaskLane& lane : task.lanes) {
    seeds.push_back(lane.config.at("seed").get<std::uint64_t>());
    configs.push_back(lane.config);
  }
  std::vector<Measurement> lanes(task.lanes.size());
  const bool is_any = std::find(networks.lost.begin(), networks.lost.end(), "") != networks.lost.end();
  const std::string failure = models::numerical_failure([&] {
    if (is_any) lanes = measure({*networks.model, data, configs.front(), seeds, networks.snapshots, begin_of(configs)});
  });
  EIGENSWEEP_EXPECT(lanes.size() == task.lanes.size());
  for (models::NamedTensor& named : networks.model->parameters()) named.tensor.requires_grad_(false);
  for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
    if (!networks.lost[lane].empty()) {
      lanes[lane] = {};
      lanes[lane].failure = networks.lost[lane];
    } else if (!failure.empty()) {
      lanes[lane] = measure_alone(measure, task.lanes[lane], static_cast<std::int64_t>(lane), networks, data);
    }
    remove_infinities(lanes[lane]);
  }
  return lanes;
}

std::vector<wire::Record> evaluate(const wire::TaskEvaluation& evaluation, const wire::PackTask& task,
                                   const Networks& networks, const data::DeviceDataset& data) {
  if (evaluation.family != "attack" && evaluation.family != "metric") {
    throw DataError(fmt::format("task {}: evaluation '{}' is of the unknown family '{}'; known are 'attack', 'metric'",
                                task.pack, evaluation.label, evaluation.family));
  }
  const Measure measure = [&](const metrics::Subject& subject) {
    return evaluation.family == "attack" ? attack(evaluation, subject)
                                         : metrics::make_metric(evaluation.kind, evaluation.options)->measure(subject);
  };
  std::vector<Measurement> lanes = measure_lanes(measure, task, networks, data);
  std::vector<wire::Record> records(task.lanes.size());
  for (std::size_t lane = 0; lane < records.size(); ++lane) {
    wire::Record& record = records[lane];
    record.kind = wire::RecordKind::evaluation;
    record.trial = task.lanes[lane].trial;
    record.evaluation = evaluation.id;
    record.status = lanes[lane].failure.empty() ? wire::Status::ok : wire::Status::diverged;
    const std::string& message = lanes[lane].failure.empty() ? lanes[lane].remark : lanes[lane].failure;
    record.message = text::first_line(message);
    if (evaluation.family == "attack") record.intensities = evaluation.intensities;
    record.columns = std::move(lanes[lane]);
  }
  return records;
}

}  // namespace eigensweep::worker
