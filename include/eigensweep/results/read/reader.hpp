// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"

namespace eigensweep::results {

/// A variable of a results file, in memory: either numbers or texts, row-major.
struct Variable {
  std::string name;                ///< "attacks/robust_accuracy"
  std::string dtype;               ///< "f64", "f32", "i64", "i8", "text"
  std::vector<std::string> dims;   ///< names of the dimensions
  std::vector<std::size_t> shape;  ///< their lengths
  std::vector<double> numbers;     ///< as double, whatever the dtype; NaN where one is missing
  std::vector<std::string> texts;
};

/// A results file, opened for reading. Every function throws DataError naming the file.
class ResultsFile {
 public:
  /// Refuses a file that is missing or truncated, is no HDF5 or no results file, or has a newer format.
  explicit ResultsFile(std::filesystem::path path);
  ~ResultsFile();
  ResultsFile(ResultsFile&&) noexcept;
  ResultsFile& operator=(ResultsFile&&) noexcept;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// A text attribute of a group ("/" is the root) or variable; "" where there is none.
  [[nodiscard]] std::string attribute(const std::string& object, const std::string& name) const;
  /// A float64 attribute of a group or variable, if there is one.
  [[nodiscard]] std::optional<double> number_attribute(const std::string& object, const std::string& name) const;
  /// A text attribute of the root that holds JSON.
  [[nodiscard]] Json json_attribute(const std::string& name) const;
  /// Names of the root's groups, in the order of the file.
  [[nodiscard]] std::vector<std::string> groups() const;
  /// Full names of a group's variables ("/": the root's), in the order of the file.
  [[nodiscard]] std::vector<std::string> variables(const std::string& group) const;
  [[nodiscard]] bool has(const std::string& variable) const;
  [[nodiscard]] std::vector<std::string> dims(const std::string& variable) const;
  [[nodiscard]] Variable read(const std::string& variable) const;

 private:
  struct Open;
  std::filesystem::path path_;
  std::unique_ptr<Open> open_;
};

}  // namespace eigensweep::results
