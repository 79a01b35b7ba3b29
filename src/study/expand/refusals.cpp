// SPDX-License-Identifier: MIT
// What kinds refuse or warn of in a cell.
#include <fmt/format.h>

#include "eigensweep/study/declare/closed_form.hpp"
#include "eigensweep/study/declare/compute.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/declare/training.hpp"
#include "eigensweep/study/expand/identity.hpp"
#include "expansion.hpp"

namespace eigensweep::study {

void Expansion::refuse(const Template& alternative, const Json& config, const std::string& pointer,
                       const std::string& reason) const {
  if (!reason.empty()) source_.fail(pointer, reason + cell_words(alternative, config));
}

void Expansion::warn_of(const std::string& pointer, const std::string& words) {
  if (!words.empty()) warn(fmt::format("{}: {}", pointer, words));
}

void Expansion::check_held_out(const Template& alternative, const Json& config, const Json& dataset) const {
  // 0 train_samples means all samples; only the data itself tells how many.
  const auto train = dataset.value("train_samples", std::int64_t{0});
  const auto held_out = dataset.value("validation_samples", std::int64_t{0});
  if (train == 0 || held_out < train) return;
  refuse(alternative, config, "/dataset/validation_samples",
         fmt::format("{} of {} training samples held out leave none to train on; hold out fewer", held_out, train));
}

void Expansion::check_procedure(const Template& alternative, const Json& config, const Json& read) {
  if (read.contains("training")) return check_training(alternative, config, read);
  if (read.contains("dataset")) info_of(read.at("dataset"));
  for (const Part& part : alternative.parts) {
    const Json& options = read.at(part.path);
    if (part.kind->refuse) refuse(alternative, config, part.pointer, part.kind->refuse(options, read));
    if (part.kind->warn) warn_of(part.pointer, part.kind->warn(options, read));
  }
}

void Expansion::check_compute(const Template& alternative, const Json& config, const std::string& pointer,
                              const Json& options, const Json& read) {
  if (!rounds_products(options)) return;
  const Kind& model = kind_of(catalog_, Family::model, read.at("model"));
  refuse(alternative, config, pointer,
         refuse_rounding(options, model.shape(read.at("model"), info_of(read.at("dataset")))));
}

void Expansion::check_training(const Template& alternative, const Json& config, const Json& read) {
  check_held_out(alternative, config, read.at("dataset"));  // before the dataset refuses it without naming the option
  const DatasetInfo& info = info_of(read.at("dataset"));
  const auto training = study::read<Training>(read.at("training"));
  refuse(alternative, config, "/training", refuse_training(training, info));
  warn_of("/training/batch_size", warn_of_batch(training, info));
  const Kind& model = kind_of(catalog_, Family::model, read.at("model"));
  if (training.compute != Compute::float32) check_compute(alternative, config, "/training", read.at("training"), read);
  const SampleCounts samples = sample_counts(training, info);
  for (const Part& part : alternative.parts) {
    if (!read.contains(part.path)) continue;
    const Json& options = read.at(part.path);
    const Kind& kind = *part.kind;
    if (kind.refuse) refuse(alternative, config, part.pointer, kind.refuse(options, read));
    if (kind.is_infinite && kind.is_infinite(options)) {
      if (const std::string wanted = limit_wants(catalog_, read); !wanted.empty()) {
        refuse(
            alternative, config, part.pointer,
            fmt::format("width \"inf\" wants {}; change that (docs/width.md has a study to copy), or exclude this cell",
                        wanted));
      }
    }
    if (kind.refuse_inputs) refuse(alternative, config, part.pointer, kind.refuse_inputs(options, info));
    if (kind.family == Family::regularizer) check_compute(alternative, config, part.pointer, options, read);
    if (kind.refuse_samples) refuse(alternative, config, part.pointer, kind.refuse_samples(options, samples));
    if (kind.refuse_network || kind.warn_network) {
      const ModelShape shape = model.shape(read.at("model"), info);
      if (kind.refuse_network) {
        refuse(alternative, config, part.pointer, kind.refuse_network(options, shape, samples));
      }
      if (kind.warn_network) warn_of(part.pointer, kind.warn_network(options, shape, samples));
    }
    if (kind.warn) warn_of(part.pointer, kind.warn(options, read));
  }
}

void Expansion::check_evaluations(const Template& alternative, const Json& config, const Json& read,
                                  const std::vector<Evaluation>& evaluations) {
  if (evaluations.empty()) return;
  const DatasetInfo& info = info_of(read.at("dataset"));
  const Kind& model = kind_of(catalog_, Family::model, read.at("model"));
  for (const Evaluation& evaluation : evaluations) {
    const Kind& kind = *catalog_.find(evaluation.family, evaluation.kind);
    const Json& options = evaluation.options;
    if (kind.refuse) refuse(alternative, config, evaluation.pointer, kind.refuse(options, read));
    if (kind.refuse_inputs) refuse(alternative, config, evaluation.pointer, kind.refuse_inputs(options, info));
    if (kind.refuse_intensity) {
      for (const double intensity : evaluation.intensities) {
        refuse(alternative, config, evaluation.pointer + "/" + kind.intensity,
               kind.refuse_intensity(options, info, intensity));
      }
    }
    check_compute(alternative, config, evaluation.pointer, options, read);
    if (kind.warn) warn_of(evaluation.pointer, kind.warn(options, read));
    if (kind.warn_network) {
      const SampleCounts samples = sample_counts(study::read<Training>(read.at("training")), info);
      warn_of(evaluation.pointer, kind.warn_network(options, model.shape(read.at("model"), info), samples));
    }
  }
}

}  // namespace eigensweep::study
