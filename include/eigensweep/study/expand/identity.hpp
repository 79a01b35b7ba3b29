// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::study {

/// Raised whenever the same configuration would train a different network: part of every trial's identity, so that
/// results of different recipes never mix.
inline constexpr int recipe_version = 1;

/// JSON as canonical text (sorted keys, shortest numbers): the input of a trial's hash.
std::string canonical(const Json& value);

/// What decides which network a configuration trains: {recipe_version, dataset, model, training, regularizers, seed}
/// with options at their default left out, so that a later version can add an option without renaming old trials.
/// Labels of regularizers are left out, and regularizers that are switched off are left out whole.
Json trial_identity(const Json& config, const Catalog& catalog);

/// How many bytes of an identity's SHA-256 an id shows, as hexadecimal digits.
inline constexpr std::size_t id_bytes = 8;

/// The id that belongs to an identity: the first 16 hexadecimal digits of the SHA-256 of its canonical text.
std::string id_of(const Json& identity);

/// What an attack or metric computes: {family, kind, options} without defaults, without the intensity, and with all
/// intensities where these influence each other.
std::string evaluation_id(const Kind& kind, const Json& options, const std::vector<double>& intensities);

/// The part of a resolved "dataset" section that belongs to a trial's identity, as canonical text: without defaults and
/// without the location of its files. In one study, equal texts mean equal content.
std::string dataset_identity(const Catalog& catalog, const Json& dataset);

}  // namespace eigensweep::study
