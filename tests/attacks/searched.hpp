// SPDX-License-Identifier: MIT
#pragma once

#include <numeric>

#include "eigensweep/attacks/attack.hpp"
#include "search.hpp"

namespace fixture {

/// A search for the nearest misclassified points, on which a test runs one walk.
struct Searched {
  eigensweep::attacks::Problem problem;
  eigensweep::attacks::Region region;
  eigensweep::attacks::Search search;

  Searched(eigensweep::models::Model& model, const torch::Tensor& inputs, const torch::Tensor& labels,
           eigensweep::attacks::Norm norm, double lower = 0, double upper = 1, double radius = 0.1)
      : problem{model, inputs, labels, ids(inputs.size(0)), std::vector<std::uint64_t>(model.lanes(), 1), lower, upper},
        region(norm, lower, upper),
        search(problem, region, {radius}) {}

 private:
  static std::vector<std::int64_t> ids(std::int64_t count) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
};

}  // namespace fixture
