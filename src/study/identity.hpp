// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "eigensweep/study/kind.hpp"
#include "eigensweep/study/study.hpp"

namespace eigensweep::study {

/// What decides which network a configuration trains: {recipe_version, dataset, model, training, regularizers, seed}
/// with options at their default left out, so that a later version can add an option without renaming old trials.
/// Labels of regularizers are left out, and regularizers that are switched off are left out whole.
Json trial_identity(const Json& config, const Catalog& catalog);

/// How many bytes of an identity's SHA-256 an id shows, as hexadecimal digits.
inline constexpr std::size_t id_bytes = 8;

/// The id that belongs to an identity: the first 16 hexadecimal digits of the SHA-256 of its canonical text.
std::string id_of(const Json& identity);

/// What an attack or metric computes: {family, kind, options} without defaults, without the strength, and with all
/// strengths where these influence each other.
std::string evaluation_id(const Kind& kind, const Json& options, const std::vector<double>& strengths);

/// A penalty whose strength is 0: training does not read it.
bool is_switched_off(const Kind& kind, const Json& options);

/// The kind of a section of a configuration ({"kind": ..., options}).
const Kind& kind_of(const Catalog& catalog, Family family, const Json& section);

}  // namespace eigensweep::study
