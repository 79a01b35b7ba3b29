// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/study/declare/kind.hpp"
#include "eigensweep/study/declare/role.hpp"

namespace eigensweep::study {

struct Axis {
  std::string name;  ///< coordinate name in results: last key of the pointer, made longer where two axes would collide
  std::string pointer;  ///< "/model/width"; "/cases" for the axis of cases
  Role role = Role::training;
  std::vector<Json> values;  ///< in the user's order; over all cases
};

/// One attack variant or one metric to run on a trained network. Evaluation axes other than an attack's intensity make
/// variants, with labels such as "pgd[steps=40]".
struct Evaluation {
  std::string id;  ///< hash of what it computes, without its intensities when these are independent
  Family family = Family::attack;
  std::string label;
  std::string pointer;  ///< where it stands in the user's document: variants of one attack stand in one place
  std::string kind;
  Json options;                     ///< resolved, without the intensity
  std::string intensity_name;       ///< "epsilon"; "" for metrics
  std::vector<double> intensities;  ///< ascending, distinct
};

/// One trained network.
struct Trial {
  std::string id;        ///< hash of its canonical training configuration, 16 hexadecimal digits
  std::size_t cell = 0;  ///< the first cell that asks for it
};

class Grid;

/// One cell of the grid of training and replicate axes: a row of the results file. Cells that ask for the same training
/// (say a penalty of strength 0 with two exponents) share a trial. A cell has twelve bytes, because studies have
/// millions of cells. Study makes a cell's coordinates and its trial's configuration on demand.
struct Cell {
  std::uint32_t grid = 0;   ///< which alternative (the base, or a case) it belongs to
  std::uint32_t place = 0;  ///< its number there, before exclusions
  std::uint32_t trial = 0;  ///< index into Study::trials
};

struct Output {
  bool models = true;  ///< keep every trained network as models/<trial id>.safetensors
};

/// A study file, read, checked and expanded.
class Study {
 public:
  std::string name;
  std::string description;
  std::filesystem::path file;
  Json document;           ///< as the user wrote it
  std::vector<Axis> axes;  ///< training and replicate axes first, in the order of the file, then evaluation axes
  std::vector<Cell> cells;
  std::vector<Trial> trials;
  Output output;
  std::vector<std::string> warnings;  ///< legal but worth saying, also kept in the results (B <= N with a penalty)

  /// The value of a cell on a training or replicate axis (index into `axes`); null where its case has no such option.
  [[nodiscard]] const Json& coordinate(const Cell& cell, std::size_t axis) const;
  /// The resolved training configuration {dataset, model, training, regularizers, seed} of a trial: every option
  /// present, penalties that are switched off left out. Each call makes it anew, in some microseconds: keep it in a
  /// variable while you hold references into it.
  [[nodiscard]] Json config(const Trial& trial) const;
  /// The seed of that configuration, without making the configuration.
  [[nodiscard]] long long seed(const Trial& trial) const;
  /// A number below recipes(). Trials with the same number differ only in their seed.
  [[nodiscard]] std::size_t recipe(const Trial& trial) const;
  [[nodiscard]] std::size_t recipes() const;
  /// What must be evaluated on that trial's network.
  [[nodiscard]] const std::vector<Evaluation>& evaluations(const Trial& trial) const;
  /// The procedure that a trial's configuration names.
  [[nodiscard]] const std::string& procedure(const Trial& trial) const;
  /// Facts of that trial's dataset, from its files' headers, which were read with the study.
  [[nodiscard]] const DatasetInfo& dataset(const Trial& trial) const;
  /// The distinct resolved "dataset" sections of all trials, in the order of the first trial of each. Null stands for
  /// trials that read no dataset.
  [[nodiscard]] const std::vector<Json>& dataset_sections() const noexcept { return dataset_sections_; }
  /// The index of a trial's section in dataset_sections().
  [[nodiscard]] std::size_t dataset_section(const Trial& trial) const;
  /// Number of points: cells times the evaluation points of each.
  [[nodiscard]] std::size_t points() const;
  /// The study with every default written out, as stored in the results file.
  [[nodiscard]] Json resolved() const;

 private:
  friend class Expansion;
  friend class Shapes;
  [[nodiscard]] const Grid& grid(const Cell& cell) const;

  std::vector<std::shared_ptr<const Grid>> grids_;        // one per alternative
  std::vector<std::vector<Evaluation>> evaluation_sets_;  // distinct sets
  std::vector<std::uint32_t> evaluation_set_of_;          // one per trial
  std::vector<Json> dataset_sections_;
  std::vector<std::uint32_t> dataset_section_of_;  // one per trial
  std::map<std::string, DatasetInfo> datasets_;    // by the text of the "dataset" section
  Json resolved_;
};

/// Whether reading a study also reads the files of its datasets.
enum class Data {
  needed,  ///< their headers are read, and what the options say is checked against them
  left     ///< not read: they may be gone, and the study was checked when it ran. Study::dataset cannot be used
};

/// Reads, checks and expands a study file. Throws ConfigError (`file:/pointer: ...`) before any work starts, DataError
/// when the dataset's files are missing or broken.
Study read_study(const std::filesystem::path& file, const Catalog& catalog);
/// The same from text; `file` only names it in messages and resolves relative paths against its folder.
Study parse_study(const std::string& text, const std::filesystem::path& file, const Catalog& catalog,
                  Data data = Data::needed);

}  // namespace eigensweep::study
