// SPDX-License-Identifier: MIT
#include "evaluate.hpp"

#include "eigensweep/attacks/evaluate.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/metrics/metric.hpp"

namespace eigensweep::worker {
namespace {

std::vector<std::uint64_t> seeds_of(const wire::Task& task) {
  std::vector<std::uint64_t> seeds;
  for (const wire::TaskLane& lane : task.lanes) seeds.push_back(lane.config.at("seed").get<std::uint64_t>());
  return seeds;
}

void attack(const wire::TaskEvaluation& evaluation, const wire::Task& task, models::Model& model,
            const data::DeviceDataset& data, std::vector<wire::Record>& records) {
  const auto lanes = attacks::evaluate_robustness(evaluation.kind, evaluation.options, evaluation.strengths, model,
                                                  data, seeds_of(task));
  for (std::size_t lane = 0; lane < records.size(); ++lane) {
    records[lane].strengths = evaluation.strengths;
    records[lane].columns = {{"robust_accuracy", wire::Array::of(lanes[lane].robust_accuracy)},
                             {"robust_loss", wire::Array::of(lanes[lane].robust_loss)}};
  }
}

}  // namespace

std::vector<wire::Record> evaluate(const wire::TaskEvaluation& evaluation, const wire::Task& task, models::Model& model,
                                   const data::DeviceDataset& data, const std::vector<models::Snapshot>& snapshots) {
  std::vector<wire::Record> records(task.lanes.size());
  for (std::size_t lane = 0; lane < records.size(); ++lane) {
    records[lane].kind = wire::RecordKind::evaluation;
    records[lane].trial = task.lanes[lane].trial;
    records[lane].evaluation = evaluation.id;
  }
  if (evaluation.family == "attack") {
    attack(evaluation, task, model, data, records);
    return records;
  }
  if (evaluation.family != "metric") {
    throw DataError(fmt::format("task {}: evaluation '{}' is of the unknown family '{}'; known are 'attack', 'metric'",
                                task.pack, evaluation.label, evaluation.family));
  }
  const auto metric = metrics::make_metric(evaluation.kind, evaluation.options);
  std::vector<metrics::Measurement> lanes =
      metric->measure({model, data, task.lanes.front().config, seeds_of(task), snapshots});
  for (std::size_t lane = 0; lane < records.size(); ++lane) {
    records[lane].message = lanes[lane].remark;
    records[lane].columns = std::move(lanes[lane]);
  }
  return records;
}

}  // namespace eigensweep::worker
