// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cell_identity.hpp"
#include "eigensweep/core/hash.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "grid.hpp"
#include "read/exclude.hpp"
#include "read/template.hpp"

namespace eigensweep::study {

/// Unfolds templates into a study's axes, cells and trials.
class Expansion {
 public:
  Expansion(Study& study, const Catalog& catalog, const Source& source, Data data)
      : study_(study), catalog_(catalog), source_(source), data_(data) {}

  void run(const std::vector<Template>& templates, std::vector<Exclusion> exclusions);
  /// The study with every default written out; `plain` holds the members that are no configuration (name, output, zip,
  /// exclude).
  void resolve(const std::vector<Template>& templates, const Json& plain);

 private:
  /// One alternative while its cells are made, with the current cell.
  struct Unfolding {
    Unfolding(const Template& from, const Grid& cells, const Catalog& catalog, std::vector<Evaluation> asked)
        : alternative(from),
          grid(cells),
          evaluations(std::move(asked)),
          identity(from, cells, catalog),
          is_checked(cells.recipes(), false),
          is_asked(cells.recipes(), false),
          config(from.config),
          at(cells.lengths().size(), 0) {}

    const Template& alternative;
    const Grid& grid;
    std::vector<Evaluation> evaluations;
    CellIdentity identity;
    std::vector<bool> is_checked;  // by recipe: all of it
    std::vector<bool> is_asked;    // by recipe: its evaluations
    Json config;                   // of the cell that was checked last
    Digits at;
    std::size_t place = 0;
  };
  /// A grid's "dataset" sections.
  struct Sources {
    explicit Sources(const Grid& grid) : by_dataset(by_section(grid, "/dataset/")), numbers(by_dataset.size()) {}
    Projection by_dataset;
    std::vector<std::optional<std::uint32_t>> numbers;  // among the distinct ones of all grids
  };

  void make_axes(const std::vector<Template>& templates);
  void name_axes();
  std::size_t evaluation_set(const std::vector<Evaluation>& evaluations);
  std::size_t united(std::size_t one, std::size_t other);
  void check_labels(const Template& alternative, const std::vector<Evaluation>& evaluations);
  void expand(const Template& alternative, std::vector<Exclusion>& exclusions);
  void complete_axes(const Grid& grid);
  std::uint32_t trial_of(Unfolding& unfolding, std::size_t set);
  /// A refusal or a warning cannot depend on the seed alone (study/declare/kind.hpp), so each recipe is checked once: a
  /// new trial in full, a trial that another case has too only for the evaluations that this case adds.
  void check_once(Unfolding& unfolding, bool is_new);
  /// Two cells of one trial must not read different files.
  void refuse_other_source(const Cell& known, const Cell& cell);
  /// The number of a cell's "dataset" section among those that differ.
  std::uint32_t source_of(const Cell& cell);
  /// Refuses a validation set of all training samples, if the options alone show it.
  void check_held_out(const Template& alternative, const Json& config, const Json& dataset) const;
  /// Refuse a configuration, or add a warning, as its kinds say: check_procedure asks the kinds that training reads,
  /// check_evaluations the attacks and metrics, check_compute one section. `read`: the part of the cell's `config` that
  /// training reads.
  void check_procedure(const Template& alternative, const Json& config, const Json& read);
  void check_training(const Template& alternative, const Json& config, const Json& read);
  void check_compute(const Template& alternative, const Json& config, const std::string& pointer, const Json& options,
                     const Json& read);
  void check_evaluations(const Template& alternative, const Json& config, const Json& read,
                         const std::vector<Evaluation>& evaluations);
  /// Throws ConfigError unless `reason` is empty.
  void refuse(const Template& alternative, const Json& config, const std::string& pointer,
              const std::string& reason) const;
  void warn_of(const std::string& pointer, const std::string& words);
  void warn(const std::string& message);
  const DatasetInfo& info_of(const Json& dataset);
  [[nodiscard]] std::string cell_words(const Template& alternative, const Json& config) const;

  Study& study_;
  const Catalog& catalog_;
  const Source& source_;
  Data data_;
  std::size_t training_axes_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> trial_by_id_;
  std::vector<hash::Digest> identity_digests_;  // one per trial: the whole SHA-256, so that equal ids are equal trials
  std::vector<Sources> sources_;                // one per grid
  std::unordered_map<std::string, std::uint32_t> source_numbers_;
  Json last_dataset_;
  const DatasetInfo* last_info_ = nullptr;  // of that dataset
  std::map<std::string, std::size_t> set_by_key_;
  std::map<std::string, std::string> id_by_label_;
  std::set<std::string> warned_;
};

}  // namespace eigensweep::study
