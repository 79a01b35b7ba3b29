// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "eigensweep/wire/measurement.hpp"
#include "gradient_count.hpp"
#include "search.hpp"

namespace eigensweep::attacks {

/// Collects the columns of an attack that searches (columns.hpp) from the searches of all batches.
class SearchRecord {
 public:
  void add(const Search& search);
  /// One Measurement per lane.
  void add_columns(std::vector<wire::Measurement>& lanes) const;
  /// Adds the shares of samples that APGD fooled in each tenth of its steps, and the last of them by itself.
  void add_tenths(std::vector<wire::Measurement>& lanes) const;
  /// Adds a column with the share of samples whose nearest misclassified point `finder` found.
  void add_share(const char* column, Finder finder, std::vector<wire::Measurement>& lanes) const;

 private:
  std::vector<Tensor> distance_, unconfirmed_, finder_, progress_, dead_;  // [E, n] of each batch, on the CPU
  GradientCount gradients_;
};

}  // namespace eigensweep::attacks
