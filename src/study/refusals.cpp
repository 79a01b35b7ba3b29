// SPDX-License-Identifier: MIT
// What kinds refuse or warn of in a cell.
#include <fmt/format.h>

#include "eigensweep/study/sections.hpp"
#include "expansion.hpp"
#include "identity.hpp"

namespace eigensweep::study {

void Expansion::check(const Template& alternative, const Json& config, const Json& read, std::size_t set) {
  if (data_ == Data::left) return;
  const auto refuse = [&](const std::string& pointer, const std::string& reason) {
    source_.fail(pointer, reason + cell_words(alternative, config));
  };
  const DatasetInfo& info = info_of(read.at("dataset"));
  if (const std::string reason = refuse_training(read.at("training"), info); !reason.empty()) {
    refuse("/training", reason);
  }
  const Kind& model = kind_of(catalog_, Family::model, read.at("model"));
  const SampleCounts samples = sample_counts(read.at("training"), info);
  for (const Part& part : alternative.parts) {
    if (!read.contains(part.path)) continue;
    const Json& options = read.at(part.path);
    if (part.kind->refuse) {
      if (const std::string reason = part.kind->refuse(options, read); !reason.empty()) refuse(part.pointer, reason);
    }
    if (part.kind->refuse_inputs) {
      if (const std::string reason = part.kind->refuse_inputs(options, info); !reason.empty()) {
        refuse(part.pointer, reason);
      }
    }
    if (part.kind->refuse_samples) {
      if (const std::string reason = part.kind->refuse_samples(options, samples); !reason.empty()) {
        refuse(part.pointer, reason);
      }
    }
    if (part.kind->refuse_network) {
      const ModelShape shape = model.shape(read.at("model"), info);
      if (const std::string reason = part.kind->refuse_network(options, shape, samples); !reason.empty()) {
        refuse(part.pointer, reason);
      }
      if (const std::string words = part.kind->warn_network(options, shape, samples); !words.empty()) {
        warn(fmt::format("{}: {}", part.pointer, words));
      }
    }
    if (part.kind->warn) {
      if (const std::string words = part.kind->warn(options, read); !words.empty()) {
        warn(fmt::format("{}: {}", part.pointer, words));
      }
    }
  }
  for (const Evaluation& evaluation : study_.evaluation_sets_[set]) {
    const Kind* kind = catalog_.find(evaluation.family, evaluation.kind);
    // A variant's label "pgd[steps=40]" starts with the label in the file.
    const std::string label = evaluation.label.substr(0, evaluation.label.find('['));
    const std::string pointer = fmt::format("/{}/{}", family_section(evaluation.family), label);
    if (kind->refuse) {
      if (const std::string reason = kind->refuse(evaluation.options, read); !reason.empty()) refuse(pointer, reason);
    }
    if (kind->refuse_inputs) {
      if (const std::string reason = kind->refuse_inputs(evaluation.options, info); !reason.empty()) {
        refuse(pointer, reason);
      }
    }
    if (kind->warn) {
      if (const std::string words = kind->warn(evaluation.options, read); !words.empty()) {
        warn(fmt::format("{}: {}", pointer, words));
      }
    }
    if (kind->warn_network) {
      const ModelShape shape = model.shape(read.at("model"), info);
      if (const std::string words = kind->warn_network(evaluation.options, shape, samples); !words.empty()) {
        warn(fmt::format("{}: {}", pointer, words));
      }
    }
  }
}

}  // namespace eigensweep::study
