// SPDX-License-Identifier: MIT
// Parts of the data that lack a class: sorted files, of which "the first 1,000" are all of one kind.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/expand/identity.hpp"
#include "warnings.hpp"

namespace eigensweep::study {
namespace {

/// The most bytes of labels that are read for all datasets of a study together.
constexpr std::int64_t most_bytes = std::int64_t{1} << 28;
constexpr std::size_t named_classes = 5;

using Present = std::array<bool, 256>;

std::int64_t size_of(const DatasetInfo& info, const std::string& split) {
  if (split == "train") return info.train_samples;
  return split == "validation" ? info.validation_samples : info.test_samples;
}

/// The classes of samples `begin` to `end`; a loader refuses labels beyond `classes`.
Present classes_of(const std::vector<std::uint8_t>& labels, std::int64_t begin, std::int64_t end,
                   std::int64_t classes) {
  Present present{};
  for (std::int64_t i = begin; i < std::min(end, static_cast<std::int64_t>(labels.size())); ++i) {
    const std::uint8_t label = labels[static_cast<std::size_t>(i)];
    if (label < classes) present[label] = true;
  }
  return present;
}

std::string names_of(const std::vector<std::size_t>& classes) {
  std::string names;
  for (std::size_t i = 0; i < classes.size() && i < named_classes; ++i) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", classes[i]);
  }
  return classes.size() > named_classes ? names + ", ..." : names;
}

class Check {
 public:
  Check(const Catalog& catalog, const Study& study) : catalog_(catalog), study_(study) {}

  /// Throws DataError where a label is none of the classes.
  void look_at(const Json& dataset, const std::vector<Evaluation>& evaluations) {
    const Kind& kind = kind_of(catalog_, Family::dataset, dataset);
    DatasetInfo info;
    try {
      info = kind.info(dataset);
    } catch (const DataError&) {
      return;  // the data is missing: code that needs it reports that
    }
    const Labels* labels = labels_of(kind, dataset);
    if (labels == nullptr) return;
    for (const char* split : {"train", "validation", "test"}) {
      look_at_part(*labels, info, "/dataset", {split, 0, fmt::format("{}_samples", split)}, "");
    }
    for (const Evaluation& evaluation : evaluations) {
      const Kind* asked = catalog_.find(evaluation.family, evaluation.kind);
      if (!asked->subsets) continue;
      const std::string pointer = fmt::format("/{}/{}", family_section(evaluation.family),
                                              evaluation.label.substr(0, evaluation.label.find('[')));
      for (const Subset& subset : asked->subsets(evaluation.options)) {
        if (subset.samples == 0 || subset.samples >= size_of(info, subset.split)) continue;  // the whole part, as above
        look_at_part(*labels, info, pointer, subset,
                     evaluation.family == Family::attack ? " that are attacked" : " that are measured");
      }
    }
  }

  std::vector<std::string> take() {
    for (auto& [part, lacks] : lacks_) {
      std::string words = std::move(lacks.begin()->second);
      if (lacks.size() > 1) words += fmt::format(" (the smallest of {} sizes that do)", lacks.size());
      warnings_.push_back(std::move(words));
    }
    return std::move(warnings_);
  }

 private:
  /// Null if the labels are not read.
  const Labels* labels_of(const Kind& kind, const Json& dataset) {
    const auto& options = kind.options.all();
    Json source = dataset;
    source.erase("sha256");
    // How many samples are taken changes no file.
    if (std::any_of(options.begin(), options.end(), [](const Option& option) { return option.path; })) {
      for (const char* option : {"train_samples", "validation_samples", "test_samples"}) source.erase(option);
    }
    const auto [place, is_new] = labels_.try_emplace(source.dump());
    if (is_new && kind.labels) place->second = read(kind, dataset);
    return place->second ? &*place->second : nullptr;
  }

  std::optional<Labels> read(const Kind& kind, const Json& dataset) {
    try {
      std::optional<Labels> labels = kind.labels(dataset, most_bytes - read_bytes_);
      if (labels) {
        read_bytes_ += labels->cost;
      } else {
        add(
            fmt::format("/dataset: whether a part of '{}' lacks a class was not looked at (to read all labels of this "
                        "study takes more than {})",
                        kind.name, text::bytes(static_cast<double>(most_bytes))));
      }
      return labels;
    } catch (const DataError& error) {
      add(fmt::format("/dataset: its labels cannot be read: {}", error.what()));
      return std::nullopt;
    }
  }

  void look_at_part(const Labels& labels, const DatasetInfo& info, const std::string& pointer, const Subset& subset,
                    const std::string& use) {
    const std::vector<std::uint8_t>& from = subset.split == "test" ? labels.test : labels.train;
    const std::int64_t begin = subset.split == "validation" ? info.train_samples : 0;
    const std::int64_t size = size_of(info, subset.split);
    const std::int64_t count = subset.samples == 0 ? size : std::min(size, subset.samples);
    if (count == 0) return;
    refuse_label_beyond(from, begin, begin + count, info.classes, subset.split);
    const Present train = classes_of(labels.train, 0, static_cast<std::int64_t>(labels.train.size()), info.classes);
    const Present test = classes_of(labels.test, 0, static_cast<std::int64_t>(labels.test.size()), info.classes);
    const Present part = classes_of(from, begin, begin + count, info.classes);
    std::size_t all = 0;
    std::vector<std::size_t> missing;
    for (std::size_t label = 0; label < part.size(); ++label) {
      if (!train[label] && !test[label]) continue;
      ++all;
      if (!part[label]) missing.push_back(label);
    }
    if (missing.empty()) return;
    const bool is_training = subset.split == "train" && use.empty();
    const bool is_whole = subset.split != "validation" && count == static_cast<std::int64_t>(from.size());
    lacks_[{pointer, subset.split}].emplace(
        count,
        fmt::format("{}: the {}{} {} samples{} lack {} of the data's {} classes ({}), {}; {}", pointer,
                    subset.samples == 0 ? "" : "first ", count, subset.split == "train" ? "training" : subset.split,
                    use, missing.size(), all, names_of(missing),
                    is_training ? "which a network then never sees" : "so that numbers are of the others alone",
                    is_whole ? "take files that have them in both parts"
                             : fmt::format("shuffle the samples in the file, or raise {}", subset.option)));
  }

  /// Throws what the loader would throw when the run begins, perhaps hours later.
  void refuse_label_beyond(const std::vector<std::uint8_t>& labels, std::int64_t begin, std::int64_t end,
                           std::int64_t classes, const std::string& split) const {
    const auto first = labels.begin() + std::min(begin, static_cast<std::int64_t>(labels.size()));
    const auto last = labels.begin() + std::min(end, static_cast<std::int64_t>(labels.size()));
    const auto found = std::find_if(first, last, [classes](std::uint8_t label) { return label >= classes; });
    if (found == last) return;
    throw DataError(fmt::format(
        "{}: /dataset: the label of sample {} of the {} file is out of range (0 to {}); correct it, or the number of "
        "classes",
        study_.file.string(), found - labels.begin(), split == "test" ? "test" : "training", classes - 1));
  }

  void add(std::string words) {
    if (std::find(warnings_.begin(), warnings_.end(), words) == warnings_.end()) warnings_.push_back(std::move(words));
  }

  const Catalog& catalog_;
  const Study& study_;
  std::map<std::string, std::optional<Labels>> labels_;  // by the section without the options that choose samples
  std::int64_t read_bytes_ = 0;
  std::map<std::pair<std::string, std::string>, std::map<std::int64_t, std::string>> lacks_;  // by pointer and split
  std::vector<std::string> warnings_;
};

}  // namespace

std::vector<std::string> missing_class_warnings(const Study& study, const Catalog& catalog) {
  Check check(catalog, study);
  using Pair = std::pair<std::size_t, const std::vector<Evaluation>*>;
  std::set<Pair> seen;
  Pair last{};
  for (const Trial& trial : study.trials) {
    const Pair pair{study.dataset_section(trial), &study.evaluations(trial)};
    if (pair == last) continue;  // neighbours mostly share both
    last = pair;
    const bool has_data = !study.dataset_sections()[pair.first].is_null();
    if (has_data && seen.insert(pair).second) check.look_at(study.dataset_sections()[pair.first], *pair.second);
  }
  return check.take();
}

}  // namespace eigensweep::study
