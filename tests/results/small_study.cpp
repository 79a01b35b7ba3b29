// SPDX-License-Identifier: MIT
#include "small_study.hpp"

#include <limits>

#include "eigensweep/catalog.hpp"
#include "eigensweep/core/hash.hpp"

using namespace eigensweep;
using study::Family;
using wire::Array;
using wire::Record;

const char* const small_study_text = R"({
  "name": "small",
  "description": "for tests",
  "seed": {"sweep": [0, 1]},
  "model": {"kind": "mlp", "width": {"sweep": [4, 6]}, "depth": 2, "activation": {"sweep": ["tanh", "relu"]}},
  "training": {"epochs": 3},
  "attacks": {
    "fgsm": {"epsilon": {"sweep": [0, 0.1]}},
    "pgd": {"epsilon": {"sweep": [0.05, 0.1]}, "steps": 5}
  },
  "metrics": {"accuracy": {}, "spectrum": {}}
})";

const study::Catalog& small_catalog() {
  static const study::Catalog all = [] {
    study::Catalog made;
    for (study::Kind kind : catalog().all()) {
      if (kind.family == Family::dataset)
        kind.info = [](const Json&) { return study::DatasetInfo{600, 100, {1, 28, 28}, 10}; };
      made.add(std::move(kind));
    }
    return made;
  }();
  return all;
}

study::Study study_from(const std::string& text) { return study::parse_study(text, "small.json", small_catalog()); }

const study::Study& small_study() {
  static const study::Study study = study_from(small_study_text);
  return study;
}

double value_for(const std::string& trial, const std::string& what, std::size_t i, std::size_t j) {
  const std::string digest = hash::sha256(trial + "/" + what + "/" + std::to_string(i) + "/" + std::to_string(j));
  return static_cast<double>(std::stoull(digest.substr(0, 13), nullptr, 16)) / 4503599627370496.0;  // 52 random bits
}

namespace {

Json provenance(std::size_t lane) {
  return {{"host", "node1"},
          {"device", "cpu"},
          {"torch", "2.13.0"},
          {"pack", "p1"},
          {"lane", lane},
          {"seconds", 1.25},
          {"threads", 2},
          {"warnings", {"batch below width", "zwei: ü"}},
          {"dataset_sha256", "cafe"}};
}

Record training(const study::Study& study, std::size_t index) {
  Record record;
  record.trial = study.trials[index].id;
  record.provenance = provenance(index);
  const std::size_t epochs = index + 3 == study.trials.size() ? 2 : 3;
  for (const char* column : {"loss", "task_loss", "penalty", "train_accuracy"}) {
    std::vector<double> values;
    for (std::size_t epoch = 0; epoch < epochs; ++epoch) values.push_back(value_for(record.trial, column, epoch));
    record.columns[column] = Array::of(values);
  }
  if (index + 2 == study.trials.size()) {
    record.status = wire::Status::diverged;
    record.message = "loss is not finite at epoch 3, step 7";
    record.columns["loss"] = Array::of({1.0, std::numeric_limits<double>::infinity()});
  }
  return record;
}

Array block(const std::string& trial, const std::string& what, std::size_t rows, std::size_t columns) {
  std::vector<double> values;
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) values.push_back(value_for(trial, what, i, j));
  return Array::of(values, {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)});
}

Record evaluation(const study::Study& study, std::size_t index, const study::Evaluation& asked) {
  Record record;
  record.kind = wire::RecordKind::evaluation;
  record.trial = study.trials[index].id;
  record.evaluation = asked.id;
  record.intensities = asked.intensities;
  record.provenance = provenance(index);
  const auto width = study.config(study.trials[index]).at("model").at("width").get<std::size_t>();
  for (const study::Column& column : small_catalog().find(asked.family, asked.kind)->columns) {
    const std::string what = asked.label + "/" + column.name;
    std::vector<double> values;
    if (!column.per_intensity && !column.dims.empty()) {
      for (std::size_t i = 0; i < 3; ++i) values.push_back(value_for(record.trial, what, i));
      record.columns[column.name] = Array::of(values);
    } else if (!column.per_intensity) {
      record.columns[column.name] = Array::scalar(value_for(record.trial, what, 0));
    } else if (asked.family == Family::attack) {
      for (std::size_t s = 0; s < asked.intensities.size(); ++s) values.push_back(value_for(record.trial, what, s));
      record.columns[column.name] = Array::of(values);
    } else if (column.dims.empty()) {
      record.columns[column.name] = Array::scalar(value_for(record.trial, what, 0));
    } else if (column.dims.size() == 2) {
      record.columns[column.name] = block(record.trial, what, 2, width);
    } else {
      for (std::size_t layer = 0; layer < 2; ++layer) {
        const std::size_t rank = layer + (column.name == "fit_last" ? 10 : 1);  // enough of them for an exponent
        values.push_back(column.dtype == "i64" ? static_cast<double>(rank) : value_for(record.trial, what, layer));
      }
      record.columns[column.name] = Array::of(values);
    }
  }
  return record;
}

}  // namespace

std::vector<Record> small_records(const study::Study& study) {
  std::vector<Record> records;
  for (std::size_t index = 0; index + 1 < study.trials.size(); ++index) {
    records.push_back(training(study, index));
    if (records.back().status != wire::Status::ok) continue;
    for (const study::Evaluation& asked : study.evaluations(study.trials[index]))
      records.push_back(evaluation(study, index, asked));
  }
  return records;
}

results::RecordStore small_store(const study::Study& study) {
  results::RecordStore store;
  for (Record& record : small_records(study)) store.add(std::move(record));
  return store;
}
