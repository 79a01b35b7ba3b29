// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "eigensweep/results/read/reader.hpp"

namespace eigensweep::results {

/// What `eigensweep show --json` prints: the number of trials of each status, and for each combination of training axes
/// the mean and standard deviation over the replicates (divisor n - 1) of the test accuracy, the robust accuracy of
/// every attack at every intensity, the clean accuracy of the attacked samples, and the exponent of the last hidden
/// layer. Throws DataError.
Json summarize(const ResultsFile& file);

/// The same for people: a table of at most three intensities per attack. Where it is wider than `columns` (0: any
/// width), it lacks clean accuracies, then intensities, and says which.
std::string as_table(const Json& summary, std::size_t columns = 0);

/// Long form: a row per trial, attack and intensity, columns named as in the study file. RFC 4180, numbers as the
/// shortest text that reads back to the same value, "" for a missing value. A study without attacks has a row per
/// trial.
std::string as_csv(const ResultsFile& file);

/// A row per trial and layer that has a number. A column over affine layers is on the row of the hidden layer that its
/// layer feeds; the readout feeds none, and is the row after the last hidden layer. Recurrent networks have matrices
/// whose number is not that of their states: these have rows of their own, numbered in the column `affine`. Throws
/// ConfigError where no network has a number per layer.
std::string layers_as_csv(const ResultsFile& file);

}  // namespace eigensweep::results
