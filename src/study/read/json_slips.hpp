// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eigensweep::study {

/// What is wrong with a text that is not valid JSON, and what to write: the habits of Python and JavaScript (None,
/// True, 'quotes', comments, .5, 8/255), commas that are missing or too many, an end that comes early.
///
/// `position` counts the bytes up to and with the one at which the parser stopped; `reason` is what nlohmann_json says.
/// "" where it is none of these slips.
std::string json_slip(std::string_view text, std::size_t position, std::string_view reason);

}  // namespace eigensweep::study
