// SPDX-License-Identifier: MIT
#include "eigensweep/study/declare/sections.hpp"

#include <fmt/format.h>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::study {

Options output_options() {
  return Options{}.boolean(
      "models", true,
      "keep every trained network as models/<trial>.safetensors, so that later attacks need no training");
}

const std::vector<ConfigSection>& config_sections() {
  using Form = ConfigSection::Form;
  static const std::vector<ConfigSection> sections{{"dataset", Form::kind, Family::dataset},
                                                   {"model", Form::kind, Family::model},
                                                   {"training", Form::training},
                                                   {"regularizers", Form::labelled, Family::regularizer},
                                                   {"constraints", Form::labelled, Family::constraint}};
  return sections;
}

namespace {

/// `config` is a Json or a const Json.
template <class Config, class Visit>
void visit_kinds(Config& config, const Visit& visit) {
  if (config.contains("procedure")) visit(Family::procedure, "/procedure", config.at("procedure"));
  for (const ConfigSection& section : config_sections()) {
    if (!config.contains(section.name)) continue;
    auto& content = config.at(section.name);
    const std::string path = "/" + section.name;
    switch (section.form) {
      case ConfigSection::Form::kind:
        visit(section.family, path, content);
        break;
      case ConfigSection::Form::labelled:
        for (auto& [label, one] : content.items()) visit(section.family, path + "/" + label, one);
        break;
      case ConfigSection::Form::training:
        visit(Family::optimizer, path + "/optimizer", content.at("optimizer"));
        visit(Family::schedule, path + "/schedule", content.at("schedule"));
        break;
    }
  }
}

}  // namespace

void for_each_kind(Json& config, const std::function<void(Family, const std::string&, Json&)>& visit) {
  visit_kinds(config, visit);
}

void for_each_kind(const Json& config, const std::function<void(Family, const std::string&, const Json&)>& visit) {
  visit_kinds(config, visit);
}

std::vector<Column> history_columns() {
  return {
      {"loss", {"epoch"}, "f64", "", "mean over the epoch's samples of everything that was minimised"},
      {"task_loss", {"epoch"}, "f64", "", "mean over the epoch's samples of the task's loss alone"},
      {"penalty",
       {"epoch"},
       "f64",
       "",
       "mean over the epoch's samples of the penalties of their batches, times their strengths"},
      {"train_accuracy", {"epoch"}, "f64", "", "share of the epoch's samples classified right, during training"},
  };
}

const std::vector<std::string>& default_metrics() {
  static const std::vector<std::string> all{"accuracy", "spectrum"};
  return all;
}

std::string default_metric_words() {
  return fmt::format("a study without \"metrics\" measures {}; a section \"metrics\" takes their place, and lists all",
                     text::quoted_list(default_metrics()));
}

const std::vector<ReservedLabel>& reserved_labels() {
  static const std::vector<ReservedLabel> all{
      {"attacks", "the results file keeps all attacks under this name"},
      {"history", "the results file keeps the losses of the training under this name"},
      {"sweep", "it stands for several values of an option"},
      {"train", "the progress of a run calls the training so"},
  };
  return all;
}

std::string refuse_single_samples(const SampleCounts& samples, std::int64_t smallest, std::string_view what) {
  if (smallest != 1) return "";
  const std::string why = fmt::format("{} takes a statistic over each batch, and a single sample has none", what);
  if (samples.train == 1) return fmt::format("there is 1 training sample ({}); give it more", why);
  const auto is_good = [&](std::int64_t size) {
    return size > 1 && (samples.drops_last || samples.train % size != 1 || size > samples.train);
  };
  std::int64_t below = samples.batch_size - 1;
  while (below > 0 && !is_good(below)) --below;
  std::int64_t above = samples.batch_size + 1;
  while (!is_good(above)) ++above;
  const std::string sizes = below > 0 ? fmt::format("{} or {}", below, above) : fmt::format("{}", above);
  if (samples.batch_size == 1) return fmt::format("batch_size is 1 ({}); choose {} or more", why, above);
  return fmt::format(
      "batch_size {} leaves a last batch of 1 of the {} training samples ({}); set last_batch to 'drop', "
      "or choose the batch_size {}",
      samples.batch_size, samples.train, why, sizes);
}

DatasetInfo dataset_info(const Catalog& catalog, const Json& dataset) {
  const Kind& kind = kind_of(catalog, Family::dataset, dataset);
  EIGENSWEEP_EXPECT(kind.info != nullptr);
  return kind.info(dataset);
}

}  // namespace eigensweep::study
