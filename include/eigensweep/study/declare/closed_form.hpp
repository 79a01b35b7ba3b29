// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::study {

/// Whether the network of a resolved configuration is one of infinite width, which is trained in closed form.
bool is_infinite(const Catalog& catalog, const Json& config);

/// "" where a network of this resolved configuration has a limit of infinite width in closed form, else what the limit
/// wants, and why. The closed form is that of gradient descent at a constant rate on the squared error, without
/// penalties.
std::string limit_wants(const Catalog& catalog, const Json& config);

/// The same as a sentence about a network of finite width.
std::string why_no_limit(const Catalog& catalog, const Json& config);

}  // namespace eigensweep::study
