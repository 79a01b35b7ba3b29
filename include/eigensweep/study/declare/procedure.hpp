// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::study {

/// The procedure of a configuration that does not name one.
inline constexpr const char* usual_procedure = "train";

/// The procedure that a configuration names: {"procedure": {"kind": ...}}, or `train`.
const Kind& chosen_procedure(const Catalog& catalog, const Json& config);

/// What a worker does for a trial of this configuration that has no network yet: the procedure that it names, but
/// `closed_form` in place of `train` where the network has infinite width.
const Kind& procedure_of(const Catalog& catalog, const Json& config);

}  // namespace eigensweep::study
