// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "eigensweep/study/study.hpp"
#include "exclude.hpp"
#include "template.hpp"

namespace eigensweep::study {

/// Unfolds templates into a study's axes, cells and trials.
class Expansion {
 public:
  Expansion(Study& study, const Catalog& catalog, const Source& source, Data data)
      : study_(study), catalog_(catalog), source_(source), data_(data) {}

  void run(const std::vector<Template>& templates, std::vector<Exclusion> exclusions);
  /// The study with every default written out; `plain` holds what is no configuration (name, output, zip, exclude).
  void resolve(const std::vector<Template>& templates, const Json& plain);

 private:
  void make_axes(const std::vector<Template>& templates);
  void name_axes();
  std::size_t evaluation_set(const std::vector<Evaluation>& evaluations);
  std::size_t united(std::size_t one, std::size_t other);
  void check_labels(const Template& alternative, const std::vector<Evaluation>& evaluations);
  void expand(const Template& alternative, std::vector<Exclusion>& exclusions);
  std::size_t trial_of(const Template& alternative, const Json& config, std::size_t set, std::size_t cell);
  Json effective(const Template& alternative, const Json& config) const;
  /// Two cells of one trial must not read different files.
  void refuse_other_source(const Json& known, const Json& dataset) const;
  void check(const Template& alternative, const Json& config, std::size_t set);
  void warn(const std::string& message);
  const DatasetInfo& info_of(const Json& dataset);
  [[nodiscard]] std::string cell_words(const Template& alternative, const Json& config) const;

  Study& study_;
  const Catalog& catalog_;
  const Source& source_;
  Data data_;
  std::size_t training_axes_ = 0;
  std::unordered_map<std::string, std::size_t> trial_by_id_;
  std::vector<std::string> identity_digests_;  // one per trial: the whole SHA-256, so that equal ids are equal trials
  std::map<std::string, std::size_t> set_by_key_;
  std::map<std::string, std::string> id_by_label_;
  std::set<std::string> warned_;
};

}  // namespace eigensweep::study
